"""Let a tenant's plugins add to an analysis that is done: what they give stands beside it, what fails is a warning."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from heddle.application.ports.plugins import PluginContent, PluginRunner
from heddle.records import dataclass

ALL = "*"
"""Named in place of plugins: all that are enabled and take the content."""

_KINDS = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/pdf": "pdf",
    "text/markdown": "markdown",
    "application/json": "json",
    "application/xml": "xml",
    "text/xml": "xml",
}


@dataclass(frozen=True, slots=True)
class JoinAnalysis:
    """`clock` is monotonic, in seconds."""

    runner: PluginRunner
    clock: Callable[[], float]

    def __call__(
        self,
        tenant: str,
        analysis: Mapping[str, Any],
        *,
        names: Sequence[str],
        params: Mapping[str, Mapping[str, Any]],
        seconds: float,
    ) -> dict[str, Any]:
        """Return the analysis with `plugin_results`, further `warnings`, and how long that took; never raises."""
        begun = self.clock()
        content = PluginContent(
            analysis["text"],
            kind_of(analysis["media_type"]),
            {"title": analysis["title"], "language": analysis["language"], "document": analysis["metadata"]},
        )
        asked = None if ALL in names else tuple(names)
        found = self.runner.run(tenant, content, names=asked, params=params, seconds=seconds)
        warnings = [
            {"analysis": f"plugin {each.plugin}", "code": each.code, "message": each.message} for each in found.warnings
        ]
        took = round((self.clock() - begun) * 1000, 3)
        return {
            **analysis,
            "plugin_results": dict(found.results),
            "warnings": [*analysis["warnings"], *warnings],
            "timings_ms": {**analysis["timings_ms"], "plugins": took},
            "processing_ms": round(analysis["processing_ms"] + took, 3),
        }


def kind_of(media_type: str) -> str:
    """Return what manifests call content of this media type."""
    plain = media_type.partition(";")[0].strip().lower()
    if plain in _KINDS:
        return _KINDS[plain]
    return "code" if plain.startswith("text/x-") else "text"
