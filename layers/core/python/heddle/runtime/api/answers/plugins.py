"""The answers about plugins."""

from typing import Any, Literal

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class PluginVersionAnswer(Answer):
    """A version, as its manifest describes it. `target` is what it was compiled for."""

    version: str
    manifest: dict[str, Any]
    sha256: str = Field(description="SHA-256 of the module, hex.")
    bytes: int
    target: str
    uploaded_at: str
    uploaded_by: str


class PluginAnswer(Answer):
    """A plugin with its current version."""

    name: str
    enabled: bool
    config: dict[str, Any]
    current: PluginVersionAnswer
    revision: int
    created_at: str
    updated_at: str
    updated_by: str


class UploadedPluginAnswer(PluginAnswer):
    """What was handed in; `new` is false if exactly this version was there already."""

    new: bool


class WholePluginAnswer(PluginAnswer):
    """A plugin with all versions, the newest upload first. `health` is how its last twenty calls went."""

    versions: list[PluginVersionAnswer]
    health: Literal["healthy", "degraded", "unhealthy", "unknown"]


class PluginPage(Answer):
    """All plugins, by name; there are at most a hundred, so `cursor` is null."""

    items: list[PluginAnswer]
    cursor: str | None


class PluginCallAnswer(Answer):
    """A call. `source`: test, analyze, or which node of which run; `log` is what was written to standard error."""

    id: str
    plugin: str
    version: str
    word: str
    source: str
    at: str
    ok: bool
    duration_ms: float
    fuel: int | None
    memory_bytes: int | None
    code: str | None
    message: str
    log: str


class PluginCallPage(Answer):
    """Calls, newest first."""

    items: list[PluginCallAnswer]
    cursor: str | None


class PluginTestErrorAnswer(Answer):
    """Why there is no output."""

    code: str
    message: str


class PluginTestAnswer(Answer):
    """What came of a call: an output, or an error."""

    ok: bool
    version: str
    output: Any
    error: PluginTestErrorAnswer | None
    log: str
    duration_ms: float | None
    fuel: int | None
    memory_bytes: int | None


ANSWERS: Answers = {
    "upload_plugin": {200: UploadedPluginAnswer, 201: UploadedPluginAnswer},
    "list_plugins": {200: PluginPage},
    "get_plugin": {200: WholePluginAnswer},
    "delete_plugin": {204: None},
    "enable_plugin": {200: PluginAnswer},
    "disable_plugin": {200: PluginAnswer},
    "configure_plugin": {200: PluginAnswer},
    "reload_plugin": {200: PluginAnswer},
    "test_plugin": {200: PluginTestAnswer},
    "list_plugin_calls": {200: PluginCallPage},
}
