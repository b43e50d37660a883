"""Call one plugin, and write down how that went."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from heddle.application.plugins.load_plugin import LoadPlugin
from heddle.application.ports.plugins import PluginCall, PluginLog, PluginStore, Ran, Sandbox
from heddle.domain.plugins.plugin import Plugin, PluginVersion
from heddle.errors import NotFound, PluginFailed, UpstreamUnavailable

LOG_KEPT = 16_000
"""Characters of a call's log that are kept: the last ones, where the error is."""


@dataclass(frozen=True)
class CallPlugin:
    """Calls plugins of a tenant, each in a sandbox of its own."""

    store: PluginStore
    load: LoadPlugin
    sandbox: Sandbox
    log: PluginLog
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def find(self, tenant: str, name: str, version: str | None = None) -> tuple[Plugin, PluginVersion]:
        """Return a plugin and one of its versions, the current one if none is named; NotFound `plugin_not_found`."""
        plugin = self.store.get(tenant, name)
        if plugin is None:
            raise NotFound(f"there is no plugin {name!r}", code="plugin_not_found")
        if version is None or version == plugin.current.version:
            return plugin, plugin.current
        older = self.store.version(tenant, name, version)
        if older is None:
            raise NotFound(f"the plugin {name!r} has no version {version}", code="plugin_not_found")
        return plugin, older

    def __call__(
        self, version: PluginVersion, word: str, document: Mapping[str, Any], *, seconds: float, source: str
    ) -> Ran:
        """Call a version within `seconds`, or less if its manifest says so. Raises PluginFailed; both are logged."""
        limits = version.manifest.limits
        limits = replace(limits, seconds=min(limits.seconds, seconds))
        begun = time.perf_counter()
        try:
            ran = self.sandbox.run(self.load(version), word, document, limits)
        except PluginFailed as error:
            spent = time.perf_counter() - begun
            self._write(
                version,
                word,
                source,
                spent,
                ok=False,
                code=error.code,
                message=error.message,
                log=str(error.details.get("log", "")),
            )
            raise
        self._write(
            version, word, source, ran.seconds, ok=True, fuel=ran.fuel, memory_bytes=ran.memory_bytes, log=ran.log
        )
        return ran

    def _write(self, version: PluginVersion, word: str, source: str, seconds: float, *, log: str, **facts: Any) -> None:
        call = PluginCall(
            id=self.new_id(),
            plugin=version.name,
            version=version.version,
            word=word,
            source=source,
            at=self.now().isoformat(),
            duration_ms=round(seconds * 1000, 3),
            log=log[-LOG_KEPT:],
            **facts,
        )
        try:
            self.log.add(version.tenant, call)
        except UpstreamUnavailable:
            # A call that was made is worth more than its line in the log.
            return
