"""What runs plugins, what keeps them, and what analyses ask.

A plugin is called as a WASI command: `argv` is its name and the word of the call, one JSON document comes on standard
input, one JSON document goes to standard output, and what it writes to standard error is its log.

    analyze   {"content": {"text", "content_type", "metadata"}, "config": {…}}   →  {…} the plugin's results
    code      {"input": …, "config": {…}}                                        →  any JSON: the node's value
"""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from heddle.application.ports.paging import Page
from heddle.domain.plugins.limits import Limits
from heddle.domain.plugins.plugin import Plugin, PluginVersion
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Ran:
    """A call that gave an answer, and what it took. `memory_bytes` is what the plugin had at its end."""

    output: Any
    log: str
    seconds: float
    fuel: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class Artefact:
    """A module compiled for `target` (version of the runtime, its settings, the processor): good nowhere else."""

    target: str
    data: bytes


class Sandbox(Protocol):
    """Compiles modules and calls them. Nothing that a module does reaches anything outside of its call."""

    @property
    def target(self) -> str:
        """What artefacts must be compiled for, to be run here."""
        ...

    def compile(self, wasm: bytes) -> Artefact:
        """Compile a module for this machine; InvalidInput `plugin_not_wasm` if the compiler refuses it."""
        ...

    def run(self, artefact: Artefact, word: str, document: Mapping[str, Any], limits: Limits) -> Ran:
        """Call the module, which was compiled by `compile` here or on a machine of the same target, and by us.

        Raises PluginFailed: `plugin_timeout`, `plugin_out_of_fuel`, `plugin_out_of_memory`, `plugin_trapped`,
        `plugin_exited`, `plugin_output_invalid`, `plugin_output_too_large`, `plugin_input_too_large`.
        """
        ...


class PluginStore(Protocol):
    """Plugins by tenant and name, with all their versions."""

    def get(self, tenant: str, name: str) -> Plugin | None:
        """Return the plugin; strongly consistent."""
        ...

    def plugins(self, tenant: str) -> Sequence[Plugin]:
        """Return all plugins of a tenant, by name."""
        ...

    def version(self, tenant: str, name: str, version: str) -> PluginVersion | None:
        """Return one version, used or not."""
        ...

    def versions(self, tenant: str, name: str) -> Sequence[PluginVersion]:
        """Return all versions, the newest upload first."""
        ...

    def put(self, plugin: Plugin) -> None:
        """Keep the plugin and its current version together, behind revision `plugin.revision - 1` (0: a new one).

        VersionConflict if it is at another revision, or the version is kept with other bytes.
        """
        ...

    def delete(self, plugin: Plugin) -> None:
        """Forget the plugin and all its versions; VersionConflict if it is at another revision."""
        ...


class PluginFiles(Protocol):
    """The bytes of modules and artefacts, below one prefix per plugin."""

    def put(self, tenant: str, name: str, file: str, data: bytes) -> str:
        """Keep a file and return its key."""
        ...

    def get(self, tenant: str, key: str) -> bytes:
        """Return the bytes; NotFound if there are none, or they are another tenant's."""
        ...

    def remove_all(self, tenant: str, name: str) -> int:
        """Forget all files of a plugin and return how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class PluginCall:
    """One call of a plugin, as its log has it. `source`: test, analyze, or the run and node; `at` ISO 8601 in UTC."""

    id: str
    plugin: str
    version: str
    word: str
    source: str
    at: str
    ok: bool
    duration_ms: float
    fuel: int | None = None
    memory_bytes: int | None = None
    code: str | None = None
    message: str = ""
    log: str = ""


class PluginLog(Protocol):
    """Calls of plugins, kept for seven days."""

    def add(self, tenant: str, record: PluginCall) -> None:
        """Keep a call; the same id twice is kept once."""
        ...

    def calls(self, tenant: str, plugin: str, *, limit: int, cursor: str | None = None) -> Page[PluginCall]:
        """Return a plugin's calls, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class PluginContent:
    """What plugins of an analysis are given: its text, what it was (`html`, `pdf`, …), and what is known of it."""

    text: str
    content_type: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PluginWarning:
    """Why a plugin has no result."""

    plugin: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PluginResults:
    """Plugin name to what it gave; each that failed has a warning instead."""

    results: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[PluginWarning] = ()


class PluginRunner(Protocol):
    """Runs a tenant's plugins over content, for an analysis."""

    def run(
        self,
        tenant: str,
        content: PluginContent,
        *,
        names: Sequence[str] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        seconds: float = 20.0,
    ) -> PluginResults:
        """Run those that are named, or all that are enabled and take this type of content, within `seconds` together.

        `params` are put over each one's configuration. Never raises because of a plugin: one that is not there, not
        enabled, does not take this content, or fails, is a warning, and so is a host that does not answer.
        """
        ...
