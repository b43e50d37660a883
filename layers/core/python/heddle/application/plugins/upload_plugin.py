"""Hand a plugin in: check that it is what it says, compile it for this machine, seal and keep it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from heddle.application.plugins.change_plugin import check_config
from heddle.application.plugins.load_plugin import LoadPlugin
from heddle.application.ports.blobs import BlobInfo
from heddle.application.ports.plugins import PluginFiles, PluginStore
from heddle.domain.json_schema import schema_fault
from heddle.domain.plugins.limits import MAX_WASM_BYTES
from heddle.domain.plugins.manifest import Manifest, manifest_of
from heddle.domain.plugins.module import not_wasm, read_module
from heddle.domain.plugins.plugin import MAX_PLUGINS, Plugin, PluginVersion
from heddle.errors import Conflict, InvalidInput, NotFound, PayloadTooLarge


class Uploads(Protocol):
    """The part of BlobStore that is needed here."""

    def get(self, tenant: str, key: str) -> bytes:
        """As BlobStore.get."""
        ...

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        """As BlobStore.stat."""
        ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The plugin, and whether this version is new: handing the same module in twice changes nothing."""

    plugin: Plugin
    new: bool


@dataclass(frozen=True)
class UploadPlugin:
    """A new name is a plugin that is not enabled yet; a new version takes the place of the one before at once."""

    store: PluginStore
    files: PluginFiles
    load: LoadPlugin
    uploads: Uploads
    now: Callable[[], datetime]

    def __call__(self, tenant: str, wasm: bytes, manifest: Mapping[str, Any] | None, *, by: str) -> Uploaded:
        """Take the module; nothing is kept of one that is refused.

        Raises InvalidInput (the codes of `manifest_of` and `read_module`, `plugin_config_invalid` if it is enabled
        and its configuration breaks the new schema); PayloadTooLarge
        `plugin_too_large`; Conflict `plugin_version_exists`, `plugin_limit_reached`.
        """
        if len(wasm) > MAX_WASM_BYTES:
            raise _too_large(len(wasm))
        checked = manifest_of(read_module(wasm), manifest)
        if checked.config_schema and (fault := schema_fault(checked.config_schema)):
            errors = [{"field": "manifest.config_schema", "message": fault}]
            raise InvalidInput(f"config_schema: {fault}", code="plugin_manifest_invalid", errors=errors)
        digest = hashlib.sha256(wasm).hexdigest()
        before = self.store.get(tenant, checked.name)
        known = self.store.version(tenant, checked.name, checked.version)
        if known is not None and (known.sha256 != digest or known.manifest != checked):
            raise Conflict(
                f"{checked.name} {checked.version} is there already and is another module: give it another version",
                code="plugin_version_exists",
            )
        if before is not None and known is not None and before.current.version == known.version:
            return Uploaded(before, new=False)
        if before is None and len(self.store.plugins(tenant)) >= MAX_PLUGINS:
            raise Conflict(f"a tenant has at most {MAX_PLUGINS} plugins", code="plugin_limit_reached")
        if before is not None and before.enabled:
            check_config(checked, before.config)
        current = known or self._keep(tenant, checked, wasm, digest, by)
        plugin = self._plugin(before, current, by)
        self.store.put(plugin)
        return Uploaded(plugin, new=known is None)

    def read(self, tenant: str, upload: str) -> bytes:
        """Return the bytes of an upload; NotFound `upload_not_found`, PayloadTooLarge `plugin_too_large`."""
        info = self.uploads.stat(tenant, upload) if upload.startswith(f"{tenant}/uploads/") else None
        if info is None:
            raise NotFound(f"there is no upload {upload!r}; PUT the file to the address first", code="upload_not_found")
        if info.bytes > MAX_WASM_BYTES:
            raise _too_large(info.bytes)
        if info.bytes == 0:
            raise not_wasm("it is empty")
        return self.uploads.get(tenant, upload)

    def _keep(self, tenant: str, manifest: Manifest, wasm: bytes, digest: str, by: str) -> PluginVersion:
        compiled = self.load.compile(tenant, manifest.name, manifest.version, wasm)
        key = self.files.put(tenant, manifest.name, f"{digest}.wasm", wasm)
        return PluginVersion(tenant, manifest, digest, len(wasm), key, compiled, self.now().isoformat(), by)

    def _plugin(self, before: Plugin | None, current: PluginVersion, by: str) -> Plugin:
        at = self.now().isoformat()
        if before is None:
            return Plugin(
                current.tenant,
                current.name,
                current,
                enabled=False,
                revision=1,
                created_at=at,
                updated_at=at,
                updated_by=by,
            )
        return replace(before, current=current, revision=before.revision + 1, updated_at=at, updated_by=by)


def _too_large(size: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        f"the module has {size} bytes; at most {MAX_WASM_BYTES} are taken", code="plugin_too_large", bytes=size
    )
