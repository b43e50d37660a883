"""What goes to the function that runs plugins and what comes back, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

from heddle.application.ports.plugins import PluginContent, PluginResults, PluginRunner, PluginWarning
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Asking:
    """One call of PluginRunner.run."""

    tenant: str
    content: PluginContent
    names: Sequence[str] | None
    params: Mapping[str, Mapping[str, Any]]
    seconds: float

    def by(self, runner: PluginRunner) -> PluginResults:
        """Make the call."""
        return runner.run(self.tenant, self.content, names=self.names, params=self.params, seconds=self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Return what `asked` reads."""
        content = {
            "text": self.content.text,
            "content_type": self.content.content_type,
            "metadata": dict(self.content.metadata),
        }
        return {
            "tenant": self.tenant,
            "content": content,
            "names": None if self.names is None else list(self.names),
            "params": {name: dict(each) for name, each in self.params.items()},
            "seconds": self.seconds,
        }


def asked(event: Mapping[str, Any]) -> Asking:
    """Return the call that an event stands for."""
    return Asking(
        event["tenant"], PluginContent(**event["content"]), event["names"], event["params"], float(event["seconds"])
    )


def told(found: PluginResults) -> dict[str, Any]:
    """Return results and warnings as JSON."""
    warnings = [{"plugin": each.plugin, "code": each.code, "message": each.message} for each in found.warnings]
    return {"results": dict(found.results), "warnings": warnings}


def heard(answer: Mapping[str, Any]) -> PluginResults:
    """Return what `told` wrote."""
    return PluginResults(answer["results"], [PluginWarning(**each) for each in answer["warnings"]])
