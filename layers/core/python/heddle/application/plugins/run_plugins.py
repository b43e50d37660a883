"""Run the plugins of a tenant over content: what an analysis asks for."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heddle.application.plugins.call_plugin import CallPlugin
from heddle.application.ports.plugins import PluginContent, PluginResults, PluginWarning
from heddle.domain.plugins.plugin import Plugin
from heddle.errors import HeddleError

WORD = "analyze"


@dataclass(frozen=True)
class RunPlugins:
    """A PluginRunner in this process."""

    call: CallPlugin

    def run(
        self,
        tenant: str,
        content: PluginContent,
        *,
        names: Sequence[str] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        seconds: float = 20.0,
    ) -> PluginResults:
        """As PluginRunner.run."""
        deadline = time.monotonic() + seconds
        results: dict[str, Any] = {}
        warnings: list[PluginWarning] = []
        plugins = {plugin.name: plugin for plugin in self.call.store.plugins(tenant)}
        wanted = dict.fromkeys(names) if names is not None else _all(plugins, content.content_type)
        for name in wanted:
            refused = _refusal(plugins.get(name), content.content_type)
            left = deadline - time.monotonic()
            if refused is None and left <= 0:
                refused = "plugin_no_time", f"the plugins before it used up the {seconds:g} seconds"
            if refused is not None:
                warnings.append(PluginWarning(name, *refused))
                continue
            try:
                results[name] = self._one(plugins[name], content, (params or {}).get(name, {}), left)
            except HeddleError as error:
                warnings.append(PluginWarning(name, error.code, error.message))
        return PluginResults(results, warnings)

    def _one(self, plugin: Plugin, content: PluginContent, params: Mapping[str, Any], seconds: float) -> Any:
        document = {
            "content": {
                "text": content.text,
                "content_type": content.content_type,
                "metadata": dict(content.metadata),
            },
            "config": {**plugin.config, **params},
        }
        return self.call(plugin.current, WORD, document, seconds=seconds, source=WORD).output


def _all(plugins: Mapping[str, Plugin], content_type: str) -> list[str]:
    return [name for name, plugin in plugins.items() if plugin.enabled and plugin.current.manifest.takes(content_type)]


def _refusal(plugin: Plugin | None, content_type: str) -> tuple[str, str] | None:
    if plugin is None:
        return "plugin_not_found", "there is no such plugin"
    if not plugin.enabled:
        return "plugin_disabled", "it is not enabled"
    if not plugin.current.manifest.takes(content_type):
        return "plugin_content_type", f"it does not take {content_type}"
    return None
