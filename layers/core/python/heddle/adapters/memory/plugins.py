"""Plugins, their files and their log in memory."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.application.ports.plugins import PluginCall
from heddle.domain.plugins.plugin import Plugin, PluginVersion
from heddle.errors import NotFound, VersionConflict


@dataclass
class MemoryPluginStore:
    """A PluginStore in dictionaries."""

    _plugins: dict[tuple[str, str], Plugin] = field(default_factory=dict)
    _versions: dict[tuple[str, str], dict[str, PluginVersion]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str, name: str) -> Plugin | None:
        return self._plugins.get((tenant, name))

    def plugins(self, tenant: str) -> Sequence[Plugin]:
        return [plugin for (owner, _), plugin in sorted(self._plugins.items()) if owner == tenant]

    def version(self, tenant: str, name: str, version: str) -> PluginVersion | None:
        return self._versions.get((tenant, name), {}).get(version)

    def versions(self, tenant: str, name: str) -> Sequence[PluginVersion]:
        versions = self._versions.get((tenant, name), {}).values()
        return sorted(versions, key=lambda each: (each.uploaded_at, each.version), reverse=True)

    def put(self, plugin: Plugin) -> None:
        key, current = (plugin.tenant, plugin.name), plugin.current
        with self._lock:
            stored = self._plugins.get(key)
            same = self._versions.get(key, {}).get(current.version, current).sha256 == current.sha256
            if (stored.revision if stored else 0) != plugin.revision - 1 or not same:
                raise VersionConflict(f"the plugin is not at revision {plugin.revision - 1}")
            self._plugins[key] = plugin
            self._versions.setdefault(key, {})[current.version] = current

    def delete(self, plugin: Plugin) -> None:
        key = (plugin.tenant, plugin.name)
        with self._lock:
            stored = self._plugins.get(key)
            if stored is None or stored.revision != plugin.revision:
                raise VersionConflict(f"the plugin is not at revision {plugin.revision}")
            del self._plugins[key]
            self._versions.pop(key, None)


@dataclass
class MemoryPluginFiles:
    """A PluginFiles in a dictionary."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, tenant: str, name: str, file: str, data: bytes) -> str:
        key = f"{tenant}/plugins/{name}/{file}"
        self.files[key] = data
        return key

    def get(self, tenant: str, key: str) -> bytes:
        if not key.startswith(f"{tenant}/plugins/") or key not in self.files:
            raise NotFound(f"there is no file {key!r}", code="plugin_file_not_found")
        return self.files[key]

    def remove_all(self, tenant: str, name: str) -> int:
        keys = [key for key in self.files if key.startswith(f"{tenant}/plugins/{name}/")]
        for key in keys:
            del self.files[key]
        return len(keys)


@dataclass
class MemoryPluginLog:
    """A PluginLog in dictionaries."""

    _calls: dict[tuple[str, str], dict[str, PluginCall]] = field(default_factory=dict)

    def add(self, tenant: str, record: PluginCall) -> None:
        self._calls.setdefault((tenant, record.plugin), {}).setdefault(f"{record.at}#{record.id}", record)

    def calls(self, tenant: str, plugin: str, *, limit: int, cursor: str | None = None) -> Page[PluginCall]:
        scope = f"{tenant}#plugin-calls#{plugin}"
        before = decode_cursor(cursor, scope)[0] if cursor is not None else None
        kept = self._calls.get((tenant, plugin), {})
        keys = sorted((key for key in kept if before is None or key < before), reverse=True)
        more = encode_cursor(scope, keys[limit - 1]) if len(keys) > limit else None
        return Page(tuple(kept[key] for key in keys[:limit]), more)
