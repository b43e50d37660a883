"""Rendering a node's expressions over the run: only what an expression touches is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heddle.application.execution.payloads import Payloads
from heddle.application.execution.step import RunRef
from heddle.application.ports.secrets import Secrets
from heddle.domain.engine.expressions import References, is_expression, references, render
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.state import COMPLETED, RunState
from heddle.domain.nodes.spec import Evaluate
from heddle.errors import NodeError, NotFound


@dataclass
class Scope:
    """The names that the expressions of one run see."""

    run: RunRef
    state: RunState
    payloads: Payloads
    secrets: Secrets
    used_secrets: set[str] = field(default_factory=set)

    def render(
        self, value: Any, extra: Mapping[str, Any] | None = None, attempt: int = 1, with_secrets: bool = False
    ) -> Any:
        """Return the value rendered over the run, with extra names (item, index) beside the roots."""
        touched = references(value)
        if not touched.names:
            return render(value, {})
        return render(value, self._roots(touched, extra or {}, attempt, with_secrets))

    def config(self, node: PlanNode, attempt: int, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the node's config: rendered, except for the fields that it renders itself."""
        config = dict(node.config)
        for name, touched, with_secrets in _expressions(node):
            roots = self._roots(touched, extra or {}, attempt, with_secrets)
            config[name] = render(config[name], roots)
        return config

    def evaluator(self, node: PlanNode, attempt: int, extra: Mapping[str, Any] | None = None) -> Evaluate:
        """Return what a node renders its deferred fields with: the roots are gathered once per field, not per call."""
        gathered: dict[int, tuple[Any, dict[str, Any]]] = {}
        with_secrets = not _secret_fields(node).isdisjoint(node.deferred)

        def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
            kept = gathered.get(id(value))
            if kept is None or kept[0] is not value:
                roots = self._roots(references(value), extra or {}, attempt, with_secrets)
                kept = gathered[id(value)] = (value, roots)
            return render(value, {**kept[1], **names})

        return evaluate

    def seen_by_deferred(self, node: PlanNode, attempt: int, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the deferred fields of a node see: a kept output may only be reused where that is the same."""
        return {
            name: self._roots(references(node.config.get(name)), extra or {}, attempt, False) for name in node.deferred
        }

    def redact(self, text: str) -> str:
        """Return the text without any secret that was rendered in this scope."""
        for secret in self.used_secrets:
            if secret:
                text = text.replace(secret, "***")
        return text

    def _roots(self, touched: References, extra: Mapping[str, Any], attempt: int, with_secrets: bool) -> dict[str, Any]:
        roots: dict[str, Any] = {}
        for root in touched.roots:
            if root == "input":
                roots["input"] = self.payloads.load(self.state.input)
            elif root == "nodes":
                named = self.state.nodes if "nodes" in touched.dynamic else touched.nodes
                roots["nodes"] = {node: {"output": self._output(node)} for node in named}
            elif root == "run":
                roots["run"] = {
                    "id": self.run["id"],
                    "started_at": self.state.started_at,
                    "attempt": attempt,
                    "workflow_id": self.state.workflow_id,
                    "workflow_version": self.state.workflow_version,
                    "correlation_id": self.run["correlation_id"],
                }
            elif root == "tenant":
                roots["tenant"] = {"id": self.run["tenant"]}
            elif root == "secrets" and with_secrets:
                roots["secrets"] = {name: self._secret(name) for name in touched.secrets}
        roots.update(extra)
        return roots

    def _output(self, node_id: str) -> Any:
        node = self.state.node(node_id)
        return self.payloads.load(node.output) if node.status == COMPLETED or node.handled == "continue" else None

    def _secret(self, name: str) -> str:
        try:
            value = self.secrets.get(self.run["tenant"], name)
        except NotFound:
            raise NodeError(f"there is no secret called {name!r}", code="secret_not_found") from None
        self.used_secrets.add(value)
        return value


_Expressions = tuple[tuple[str, References, bool], ...]
_KNOWN: dict[int, tuple[PlanNode, _Expressions]] = {}
_KEPT = 10_000


def _expressions(node: PlanNode) -> _Expressions:
    """Return the config fields with expressions, what they touch, and whether they may see secrets; worked out once."""
    known = _KNOWN.get(id(node))
    if known is not None and known[0] is node:
        return known[1]
    if len(_KNOWN) >= _KEPT:
        _KNOWN.clear()
    secret = _secret_fields(node)
    found = tuple(
        (name, references(value), name in secret)
        for name, value in node.config.items()
        if name not in node.deferred and _has_expression(value)
    )
    _KNOWN[id(node)] = (node, found)
    return found


def _secret_fields(node: PlanNode) -> set[str]:
    """Return the config fields that may use secrets."""
    return {path.split(".")[0].split("[")[0] for path in node.secrets}


def _has_expression(value: Any) -> bool:
    """Tell whether rendering a JSON value could give anything but the value."""
    if isinstance(value, dict):
        return any(_has_expression(each) for each in value.values())
    if isinstance(value, list | tuple):
        return any(_has_expression(each) for each in value)
    return is_expression(value)
