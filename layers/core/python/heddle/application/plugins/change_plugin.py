"""Change what is kept of a plugin: enable, configure, reload, delete."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from heddle.application.plugins.load_plugin import LoadPlugin
from heddle.application.ports.plugins import PluginFiles, PluginStore
from heddle.domain.json_schema import violations
from heddle.domain.plugins.manifest import Manifest
from heddle.domain.plugins.plugin import Plugin
from heddle.errors import Conflict, InvalidInput, NotFound

MAX_CONFIG_BYTES = 32 * 1024


@dataclass(frozen=True)
class ChangePlugin:
    """Each change stands behind the revision that was read: VersionConflict if somebody else wrote between."""

    store: PluginStore
    files: PluginFiles
    load: LoadPlugin
    now: Callable[[], datetime]

    def enable(self, tenant: str, name: str, *, by: str) -> Plugin:
        """Let it take part in analyses and be called by nodes; Conflict `plugin_config_needed`."""
        plugin = self._get(tenant, name)
        if plugin.enabled:
            return plugin
        try:
            check_config(plugin.current.manifest, plugin.config)
        except InvalidInput as error:
            raise Conflict(f"configure it first: {error.message}", code="plugin_config_needed") from error
        self.load(plugin.current)  # what cannot be loaded is not enabled
        return self._put(plugin, by, enabled=True)

    def disable(self, tenant: str, name: str, *, by: str) -> Plugin:
        """Let it rest."""
        plugin = self._get(tenant, name)
        return self._put(plugin, by, enabled=False) if plugin.enabled else plugin

    def configure(self, tenant: str, name: str, config: Mapping[str, Any], *, by: str) -> Plugin:
        """Set its configuration; InvalidInput `plugin_config_invalid` names each field that breaks its schema."""
        plugin = self._get(tenant, name)
        check_config(plugin.current.manifest, config)
        return self._put(plugin, by, config=dict(config))

    def reload(self, tenant: str, name: str, *, by: str) -> Plugin:
        """Compile the module again, as it was handed in, for the runtime as it is now, and seal it anew."""
        plugin = self._get(tenant, name)
        current = plugin.current
        wasm = self.load.wasm(current)
        compiled = self.load.compile(tenant, name, current.version, wasm)
        return self._put(plugin, by, current=replace(current, compiled=compiled))

    def delete(self, tenant: str, name: str) -> None:
        """Forget it with all versions and files. What it did stays in its log until that ends."""
        plugin = self._get(tenant, name)
        # The files first: a delete that breaks off between the two can be asked for again.
        self.files.remove_all(tenant, name)
        self.store.delete(plugin)

    def _get(self, tenant: str, name: str) -> Plugin:
        plugin = self.store.get(tenant, name)
        if plugin is None:
            raise NotFound(f"there is no plugin {name!r}", code="plugin_not_found")
        return plugin

    def _put(self, plugin: Plugin, by: str, **changes: Any) -> Plugin:
        changed = replace(
            plugin, **changes, revision=plugin.revision + 1, updated_at=self.now().isoformat(), updated_by=by
        )
        self.store.put(changed)
        return changed


def check_config(manifest: Manifest, config: Mapping[str, Any]) -> None:
    """Raise InvalidInput `plugin_config_invalid` unless the plugin can be configured so."""
    if not manifest.config_schema:
        found: list[tuple[list[str | int], str]] = [([], "the plugin takes no configuration")] if config else []
    else:
        found = violations(manifest.config_schema, dict(config))
    if found:
        errors = [{"field": ".".join(["config", *map(str, path)]), "message": message} for path, message in found]
        message = "; ".join(f"{each['field']}: {each['message']}" for each in errors[:3])
        raise InvalidInput(message, code="plugin_config_invalid", errors=errors)
