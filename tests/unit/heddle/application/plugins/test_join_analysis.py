"""Plugins beside an analysis: results under their names, failures as warnings, and the time that it took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from heddle.application.plugins.join_analysis import JoinAnalysis, kind_of
from heddle.application.ports.plugins import PluginContent, PluginResults, PluginWarning

ANALYSIS: dict[str, Any] = {
    "text": "Warp and weft.",
    "media_type": "text/html; charset=utf-8",
    "title": "Looms",
    "language": {"code": "en"},
    "metadata": {"author": "Ada"},
    "warnings": [{"analysis": "parse", "code": "text_truncated", "message": "m"}],
    "timings_ms": {"parse": 1.0},
    "processing_ms": 2.0,
}


@dataclass
class Runner:
    """A PluginRunner that gives this and remembers what it was asked."""

    found: PluginResults
    asked: list[Any] = field(default_factory=list)

    def run(
        self,
        tenant: str,
        content: PluginContent,
        *,
        names: Sequence[str] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        seconds: float = 20.0,
    ) -> PluginResults:
        self.asked.append((tenant, content, names, params, seconds))
        return self.found


def join(runner: Runner, names: Sequence[str]) -> dict[str, Any]:
    clock = iter((10.0, 10.25))
    joined = JoinAnalysis(runner, lambda: next(clock))
    return joined("acme", ANALYSIS, names=names, params={"word-count": {"n": 1}}, seconds=5.0)


def test_results_and_failures_stand_beside_the_analysis() -> None:
    found = PluginResults({"word-count": {"words": 3}}, [PluginWarning("loop", "plugin_timeout", "too long")])

    joined = join(Runner(found), ["word-count", "loop"])

    assert joined["plugin_results"] == {"word-count": {"words": 3}}
    assert [(each["analysis"], each["code"]) for each in joined["warnings"]] == [
        ("parse", "text_truncated"),
        ("plugin loop", "plugin_timeout"),
    ]
    assert joined["timings_ms"] == {"parse": 1.0, "plugins": 250.0}
    assert joined["processing_ms"] == 252.0
    assert joined["text"] == ANALYSIS["text"]


def test_a_plugin_is_given_the_text_its_kind_and_what_is_known_of_it() -> None:
    runner = Runner(PluginResults())

    join(runner, ["word-count"])

    ((tenant, content, names, params, seconds),) = runner.asked
    assert (tenant, names, params, seconds) == ("acme", ("word-count",), {"word-count": {"n": 1}}, 5.0)
    assert (content.text, content.content_type) == ("Warp and weft.", "html")
    assert content.metadata == {"title": "Looms", "language": {"code": "en"}, "document": {"author": "Ada"}}


def test_a_star_stands_for_all() -> None:
    runner = Runner(PluginResults())

    join(runner, ["*"])

    assert runner.asked[0][2] is None


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/html; charset=utf-8", "html"),
        ("APPLICATION/PDF", "pdf"),
        ("text/markdown", "markdown"),
        ("application/json", "json"),
        ("text/xml", "xml"),
        ("text/x-python", "code"),
        ("text/plain", "text"),
        ("text/csv", "text"),
    ],
)
def test_media_types_are_called_as_manifests_call_them(media_type: str, kind: str) -> None:
    assert kind_of(media_type) == kind
