"""Plugins: modules of WebAssembly that take part in analyses, in a sandbox.

plugin = heddle.plugins.upload("word-count.wasm", manifest={"name": "word-count", "version": "1.0.0"})
heddle.plugins.enable(plugin.name)
print(heddle.plugins.test(plugin.name, text="Warp and weft.").output)
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from heddle_sdk.models import Answer
from heddle_sdk.pages import pages
from heddle_sdk.resources import Uploads
from heddle_sdk.transport import Transport

SECTION = b"heddle.manifest"
WASM = "application/wasm"


@dataclass(frozen=True, kw_only=True)
class Plugin(Answer):
    """A plugin. `current` is its version in use {version, manifest, sha256, …}; lists leave the last two out."""

    name: str
    enabled: bool
    current: Mapping[str, Any]
    config: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 1
    updated_at: str = ""
    updated_by: str = ""
    new: bool = False
    versions: tuple[Mapping[str, Any], ...] = ()
    health: str = ""

    @property
    def version(self) -> str:
        """The version in use."""
        return str(self.current["version"])

    @property
    def description(self) -> str:
        """What its manifest says it does."""
        return str(self.current["manifest"].get("description", ""))


@dataclass(frozen=True, kw_only=True)
class PluginTest(Answer):
    """What came of a call: `output`, or `error` {code, message}; and what it wrote to its log."""

    ok: bool
    version: str
    output: Any = None
    error: Mapping[str, Any] | None = None
    log: str = ""
    duration_ms: float | None = None
    fuel: int | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, kw_only=True)
class PluginCall(Answer):
    """A call as the log has it."""

    id: str
    version: str
    source: str
    at: str
    ok: bool
    duration_ms: float
    code: str | None = None
    message: str = ""
    log: str = ""


@dataclass(frozen=True)
class Plugins:
    """Plugins of this tenant."""

    _transport: Transport

    def upload(self, module: "str | Path | bytes", manifest: Mapping[str, Any] | None = None) -> Plugin:
        """Hand in a module, as a file or as bytes; `manifest` may be left out if the module has it inside.

        Another version of a plugin takes its place at once; `new` is False if exactly this version is there already.
        """
        data = module if isinstance(module, bytes) else Path(module).read_bytes()
        name = "plugin.wasm" if isinstance(module, bytes) else Path(module).name
        uploaded = Uploads(self._transport).bytes(data, name, WASM)
        body: dict[str, Any] = {"object": uploaded.object}
        body |= {} if manifest is None else {"manifest": dict(manifest)}
        return Plugin.from_json(self._transport.json("POST", "/plugins", body=body))

    def list(self) -> "list[Plugin]":
        """All plugins, by name."""
        return [Plugin.from_json(item) for item in self._transport.json("GET", "/plugins")["items"]]

    def get(self, name: str) -> Plugin:
        """One plugin with its versions, and how its last calls went."""
        return Plugin.from_json(self._transport.json("GET", _path(name)))

    def enable(self, name: str, enabled: bool = True) -> Plugin:
        """Let it take part in analyses and be called by nodes; or let it rest."""
        verb = "enable" if enabled else "disable"
        return Plugin.from_json(self._transport.json("POST", f"{_path(name)}/{verb}"))

    def configure(self, name: str, config: Mapping[str, Any]) -> Plugin:
        """Set its whole configuration."""
        return Plugin.from_json(self._transport.json("PUT", f"{_path(name)}/config", body={"config": dict(config)}))

    def reload(self, name: str) -> Plugin:
        """Compile it again, for the stage's runtime as it is now."""
        return Plugin.from_json(self._transport.json("POST", f"{_path(name)}/reload"))

    def test(
        self,
        name: str,
        *,
        text: str | None = None,
        content_type: str = "text",
        metadata: Mapping[str, Any] | None = None,
        input: Any = None,
        config: Mapping[str, Any] | None = None,
        version: str | None = None,
    ) -> PluginTest:
        """Call it, enabled or not: with `text` as analyses do, else with `input` as nodes of type `code` do."""
        body: dict[str, Any] = {"config": dict(config or {}), "version": version}
        if text is None:
            body["input"] = input
        else:
            body["content"] = {"text": text, "content_type": content_type, "metadata": dict(metadata or {})}
        return PluginTest.from_json(self._transport.json("POST", f"{_path(name)}/test", body=body))

    def logs(self, name: str, *, limit: int = 50) -> Iterator[PluginCall]:
        """Return its calls of the last seven days, newest first."""
        return pages(self._transport, f"{_path(name)}/logs", PluginCall.from_json, limit=limit)

    def delete(self, name: str) -> None:
        """Delete it with all its versions."""
        self._transport.send("DELETE", _path(name))


def packed(wasm: bytes, manifest: Mapping[str, Any]) -> bytes:
    """Return the module with its manifest inside, as custom section `heddle.manifest`: one file says all."""
    content = json.dumps(dict(manifest), ensure_ascii=False, separators=(",", ":")).encode()
    body = _leb(len(SECTION)) + SECTION + content
    return wasm + b"\0" + _leb(len(body)) + body


def _leb(value: int) -> bytes:
    """Return the number in LEB128: seven bits a byte, the lowest first, the highest bit set if there are more."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _leb(rest) if rest else bytes([low])


def _path(name: str) -> str:
    return f"/plugins/{quote(name, safe='')}"
