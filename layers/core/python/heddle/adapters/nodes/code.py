"""The `code` node: runs a module in the sandbox of plugins, a tenant's plugin or one that stands in the workflow."""

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from heddle.application.plugins.call_plugin import CallPlugin
from heddle.application.ports.blobs import BlobInfo
from heddle.application.ports.plugins import Artefact, Ran, Sandbox
from heddle.domain.nodes.fields import integer_field, invalid, kind, number_field, object_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.domain.plugins.limits import MAX_MEMORY_MB, MAX_SECONDS, MAX_WASM_BYTES, Limits
from heddle.domain.plugins.module import check_command, read_module
from heddle.domain.plugins.permissions import needed_permissions
from heddle.errors import HeddleError, NodeError, NotFound, PluginFailed, UpstreamUnavailable

WORD = "code"
SOURCES = ("plugin", "wasm", "wat", "object")
KEPT = 16


class Blobs(Protocol):
    """The part of BlobStore that is needed here."""

    def get(self, tenant: str, key: str) -> bytes:
        """As BlobStore.get."""
        ...

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        """As BlobStore.stat."""
        ...


class Assembler(Protocol):
    """Turns the text format of WebAssembly into the binary one."""

    def assemble(self, text: str) -> bytes:
        """Return the module; InvalidInput `plugin_not_wasm` with the line and column of what is wrong."""
        ...


class CodeSandbox(Sandbox, Assembler, Protocol):
    """A sandbox for modules in both formats."""


@dataclass(frozen=True)
class CodeNode:
    """Runs `code` nodes. Modules that stand in workflows are compiled once per sandbox of Lambda, up to 16 kept."""

    call: CallPlugin
    sandbox: CodeSandbox
    blobs: Blobs
    _compiled: dict[str, Artefact] = field(default_factory=dict)

    def __call__(self, task: NodeTask) -> NodeResult:
        """Run it. Raises NodeError: those of `Sandbox.run`, plugin_not_found, plugin_disabled, plugin_not_wasm,
        plugin_import_forbidden, plugin_entry_missing, code_object_not_found, code_unavailable (retryable).
        """  # noqa: D205
        config = task.config
        given = [name for name in SOURCES if config.get(name) is not None]
        if len(given) != 1:
            raise invalid("plugin", f"or one other of {', '.join(SOURCES[1:])} must be given, and only one")
        document = {"input": config.get("input"), "config": dict(object_field(config, "config"))}
        seconds = min(number_field(config, "timeout", MAX_SECONDS, low=0.001, high=MAX_SECONDS), task.timeout)
        memory = integer_field(config, "memory_mb", Limits().memory_mb, low=1, high=MAX_MEMORY_MB)
        try:
            if given[0] == "plugin":
                ran = self._plugin(task, document, seconds)
            else:
                limits = Limits(memory_mb=memory, seconds=seconds)
                ran = self.sandbox.run(self._module(task, given[0]), WORD, document, limits)
        except NodeError:
            raise
        except UpstreamUnavailable as error:
            raise NodeError(error.message, code="code_unavailable", retryable=True) from error
        except HeddleError as error:
            raise NodeError(error.message, code=error.code, **error.details) from error
        return NodeResult(
            {
                "value": ran.output,
                "log": ran.log,
                "duration_ms": round(ran.seconds * 1000, 3),
                "fuel": ran.fuel,
                "memory_bytes": ran.memory_bytes,
            }
        )

    def _plugin(self, task: NodeTask, document: dict[str, Any], seconds: float) -> Ran:
        name, version = text_field(task.config, "plugin"), text_field(task.config, "version", "") or None
        plugin, chosen = self.call.find(task.tenant, name, version)
        if not plugin.enabled:
            raise PluginFailed(f"the plugin {name!r} is not enabled", code="plugin_disabled")
        document["config"] = {**plugin.config, **document["config"]}
        return self.call(chosen, WORD, document, seconds=seconds, source=f"run {task.run_id} node {task.node_id}")

    def _module(self, task: NodeTask, source: str) -> Artefact:
        value = task.config[source]
        if not isinstance(value, str):
            raise invalid(source, f"must be text, but is {kind(value)}")
        wasm = self._bytes(task, source, value)
        key = hashlib.sha256(wasm).hexdigest()
        artefact = self._compiled.pop(key, None)
        if artefact is None:
            module = read_module(wasm)
            needed_permissions(module.imports)  # clocks and chance are open to the code of a workflow
            check_command(module)
            artefact = self.sandbox.compile(wasm)
        self._compiled[key] = artefact
        while len(self._compiled) > KEPT:
            del self._compiled[next(iter(self._compiled))]
        return artefact

    def _bytes(self, task: NodeTask, source: str, value: str) -> bytes:
        if source == "wat":
            return self.sandbox.assemble(value)
        if source == "wasm":
            try:
                return base64.b64decode("".join(value.split()), validate=True)
            except (binascii.Error, ValueError):
                raise invalid("wasm", "is not valid base64") from None
        try:
            info = self.blobs.stat(task.tenant, value)
            if info is not None and info.bytes > MAX_WASM_BYTES:
                raise NodeError(f"the module has {info.bytes} bytes", code="code_too_large", max_bytes=MAX_WASM_BYTES)
            data = self.blobs.get(task.tenant, value) if info is not None else None
        except NotFound:
            data = None
        if data is None:
            raise NodeError("there is no such uploaded object", code="code_object_not_found", object=value)
        return data
