"""A tool that is a node of this platform: its config says everything but what the model's arguments fill in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from heddle.application.agents.records import ToolOutcome
from heddle.application.agents.tools import ToolUse
from heddle.application.ports.models import ToolSpec
from heddle.domain.nodes.cheap import DEFERRED, ENGINE_RUNNERS
from heddle.domain.nodes.http_methods import SAFE_TO_REPEAT
from heddle.domain.nodes.spec import Evaluate, NodeRunner, NodeTask
from heddle.domain.nodes.tool_hosts import allowed, fixed_host
from heddle.errors import NodeError


@dataclass(frozen=True)
class CheapTool:
    """A node type that computes in process, called with `args` beside the names that its expressions see anyway."""

    spec: ToolSpec
    type: str
    config: Mapping[str, Any]
    task: NodeTask
    evaluate: Evaluate
    once: bool = False

    def call(self, use: ToolUse) -> ToolOutcome:
        """Run the node, see Tool."""
        args = {"args": use.arguments}
        own = DEFERRED.get(self.type, ())
        config = {name: value if name in own else self.evaluate(value, args) for name, value in self.config.items()}

        def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
            return self.evaluate(value, {**args, **names})

        task = replace(self.task, type=self.type, config=config, timeout=use.seconds, idempotency_key=use.key)
        return ToolOutcome(ENGINE_RUNNERS[self.type](task, evaluate).output)


@dataclass(frozen=True)
class HttpTool:
    """An HTTP request. Wherever the arguments have a say in the URL, it must still be on a host that is allowed."""

    spec: ToolSpec
    config: Mapping[str, Any]
    hosts: tuple[str, ...] | None
    task: NodeTask
    evaluate: Evaluate
    http: NodeRunner

    @property
    def once(self) -> bool:
        """Whether the method is one that must not be sent twice; one that is filled in may turn out to be a POST."""
        return self.config.get("method", "GET") not in SAFE_TO_REPEAT

    def call(self, use: ToolUse) -> ToolOutcome:
        """Send the request, see Tool. Raises NodeError `tool_host_not_allowed` and what the http node raises."""
        config = {name: self.evaluate(value, {"args": use.arguments}) for name, value in self.config.items()}
        self._check_host(str(config.get("url", "")))
        task = replace(self.task, type="http", config=config, timeout=use.seconds, idempotency_key=use.key)
        output = self.http(task).output
        return ToolOutcome({name: output[name] for name in ("status", "body") if name in output})

    def _check_host(self, url: str) -> None:
        hosts = self.hosts
        if hosts is None:
            fixed = fixed_host(str(self.config.get("url", "")))
            # Without a fixed host the author's own expressions chose it: the save refuses arguments there.
            hosts = None if fixed is None else (fixed,)
        if hosts is not None and not allowed(url, hosts):
            message = f"the tool may call {', '.join(hosts)}, and nothing else"
            raise NodeError(message, code="tool_host_not_allowed", hosts=list(hosts))
