"""Making an agent's tools from its config. Tools of another kind (MCP servers) are one more entry in `_MAKE`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from heddle.adapters.nodes.ai.asking import AiParts
from heddle.application.agents.node_tool import CheapTool, HttpTool
from heddle.application.agents.search_tool import SearchTool
from heddle.application.agents.tools import Tool
from heddle.application.agents.workflow_tool import WorkflowTool
from heddle.application.ports.models import ToolSpec
from heddle.domain.engine.expressions import evaluator
from heddle.domain.nodes.fields import choice_field, integer_field, invalid, kind, list_field, object_field, text_field
from heddle.domain.nodes.spec import Evaluate, NodeTask

Passages = tuple[dict[str, Any], ...]

_SEARCHES = "Finds the passages that bear most on a question, among the documents of this task."
# An object of its own, because whoever renders knows texts by their identity.
_ARGUMENTS = "{{ args }}"


def tools_of(parts: AiParts, task: NodeTask, passages: Passages) -> dict[str, Tool]:
    """Return the node's tools by name. Their configs are not rendered yet: `task.evaluate` does that, call by call."""
    if not task.config.get("tools"):
        return {}
    maker = _Maker(parts, task, task.evaluate or evaluator({}), passages)
    tools: dict[str, Tool] = {}
    for number, entry in enumerate(list_field(task.config, "tools")):
        if not isinstance(entry, Mapping):
            raise invalid(f"tools[{number}]", f"must be an object, but is {kind(entry)}")
        tool = _MAKE[choice_field(entry, "type", tuple(_MAKE))](maker, entry)
        tools[tool.spec.name] = tool
    return tools


@dataclass(frozen=True)
class _Maker:
    parts: AiParts
    task: NodeTask
    evaluate: Evaluate
    passages: Passages

    def cheap(self, entry: Mapping[str, Any]) -> Tool:
        config = object_field(entry, "config")
        return CheapTool(_spec(entry), text_field(entry, "type"), config, self.task, self.evaluate)

    def http(self, entry: Mapping[str, Any]) -> Tool:
        hosts = None if entry.get("hosts") is None else tuple(map(str, list_field(entry, "hosts")))
        config = object_field(entry, "config")
        return HttpTool(_spec(entry), config, hosts, self.task, self.evaluate, self.parts.http)

    def workflow(self, entry: Mapping[str, Any]) -> Tool:
        if self.parts.request is None:
            raise invalid("tools", "holds a workflow, but nothing here can start runs")
        conversations = self.parts.conversations
        version = None if entry.get("version") is None else integer_field(entry, "version", 1, low=1, high=2**31)
        return WorkflowTool(
            spec=_spec(entry),
            workflow_id=text_field(entry, "workflow_id"),
            version=version,
            input=entry.get("input", _ARGUMENTS),
            task=self.task,
            evaluate=self.evaluate,
            request=self.parts.request,
            events=conversations.events,
            blobs=conversations.blobs,
            monotonic=conversations.monotonic,
            sleep=conversations.sleep,
        )

    def search(self, entry: Mapping[str, Any]) -> Tool:
        return SearchTool(
            text_field(entry, "name", "search"),
            text_field(entry, "description", _SEARCHES),
            self.passages,
            integer_field(entry, "limit", 8, low=1, high=50),
        )


_MAKE: Mapping[str, Callable[[_Maker, Mapping[str, Any]], Tool]] = {
    "http": _Maker.http,
    "workflow": _Maker.workflow,
    "search": _Maker.search,
    **dict.fromkeys(("template", "set", "transform", "filter", "aggregate"), _Maker.cheap),
}


def _spec(entry: Mapping[str, Any]) -> ToolSpec:
    return ToolSpec(
        text_field(entry, "name"),
        text_field(entry, "description"),
        {"type": "object", **object_field(entry, "parameters")},
    )
