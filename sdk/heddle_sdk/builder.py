"""Writing a workflow in Python: the builder gives the same document as YAML does, and nothing else.

    flow = WorkflowBuilder("Brief")
    page = flow.parse("page", {"url": "{{ input.url }}"})
    flow.llm("brief", "Sum up:", context=page.output("text"))
    flow.outputs(brief="{{ nodes.brief.output.text }}")
    document = flow.build()

The builder knows the shape of documents, not their rules: the platform checks those when the document is saved.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Json = Any
Mode = Literal["auto", "inline", "express", "standard"]
OnError = Literal["fail", "continue", "route"]
_UNSET: Any = object()


@dataclass(frozen=True, slots=True)
class NodeRef:
    """A node of the workflow that is being built; give it to `after`, `edge`, or use its output in an expression."""

    id: str

    def output(self, path: str = "") -> str:
        """Return the expression for the node's output, or for `path` in it, such as `text` or `links[0].url`."""
        separator = "" if not path or path.startswith("[") else "."
        return f"{{{{ nodes.{self.id}.output{separator}{path} }}}}"

    def __str__(self) -> str:
        return self.id


Node = NodeRef | str


@dataclass(frozen=True, slots=True)
class ForEach:
    """Run the node once per element of `items`, an expression that gives a list."""

    items: str
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again when the node fails; what is left out is as the node type has it."""

    max_attempts: int | None = None
    backoff: Literal["fixed", "linear", "exponential"] | None = None
    delay: float | None = None
    max_delay: float | None = None
    jitter: float | None = None
    on: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Cache:
    """Reuse the node's output for `ttl` seconds, as long as `key` (or else its config) is the same."""

    ttl: int
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A branch of a router, and the condition for it."""

    branch: str
    when: str


@dataclass(slots=True)
class WorkflowBuilder:
    """Builds one workflow document. Nodes come out in the order in which they are added."""

    name: str
    description: str | None = None
    labels: Mapping[str, str] | None = None
    metadata: Mapping[str, Json] | None = None
    timeout: float | None = None
    mode: Mode | None = None
    _input: dict[str, Json] | None = field(default=None, init=False)
    _nodes: dict[str, dict[str, Json]] = field(default_factory=dict, init=False)
    _edges: list[dict[str, Json]] = field(default_factory=list, init=False)
    _outputs: dict[str, Json] = field(default_factory=dict, init=False)

    def input_schema(self, schema: Mapping[str, Json]) -> Self:
        """Say what a run's input must be like: the JSON Schema of an object; its defaults are filled in."""
        self._input = dict(schema)
        return self

    def input(self, name: str, schema: Mapping[str, Json] | str, *, default: Json = _UNSET) -> Self:
        """Add one property to the input: `schema` is its JSON Schema, or just its type.

        A run must give it, unless it has a default.
        """
        part = {"type": schema} if isinstance(schema, str) else dict(schema)
        whole: dict[str, Json] = self._input if self._input is not None else {"type": "object"}
        self._input = whole
        if default is not _UNSET:
            part["default"] = default
        elif "default" not in part:
            whole.setdefault("required", []).append(name)
        whole.setdefault("properties", {})[name] = part
        return self

    def node(
        self,
        id: str,
        type: str,
        config: Mapping[str, Json] | None = None,
        *,
        after: Node | Sequence[Node] = (),
        when: str | None = None,
        for_each: ForEach | str | None = None,
        retry: Retry | int | None = None,
        timeout: float | None = None,
        on_error: OnError | None = None,
        fallback: Json = _UNSET,
        cache: Cache | int | None = None,
        description: str | None = None,
        labels: Mapping[str, str] | None = None,
        metadata: Mapping[str, Json] | None = None,
    ) -> NodeRef:
        """Add a node. ValueError if the id is taken.

        `for_each` may be just the expression for the items, `retry` the number of attempts, `cache` the seconds.
        """
        if id in self._nodes:
            raise ValueError(f"the node id {id!r} is used twice")
        before = [after] if isinstance(after, NodeRef | str) else list(after)
        node: dict[str, Json] = {
            "id": id,
            "type": type,
            "description": description,
            "labels": _copied(labels),
            "metadata": _copied(metadata),
            "config": _copied(config),
            "after": [str(each) for each in before] or None,
            "when": when,
            "for_each": _fields(ForEach(for_each) if isinstance(for_each, str) else for_each),
            "retry": _fields(Retry(max_attempts=retry) if isinstance(retry, int) else retry),
            "timeout": timeout,
            "on_error": on_error,
            "cache": _fields(Cache(cache) if isinstance(cache, int) else cache),
        }
        self._nodes[id] = {name: value for name, value in node.items() if value is not None}
        if fallback is not _UNSET:
            self._nodes[id]["fallback"] = fallback
        return NodeRef(id)

    def template(self, id: str, template: str, *, trim: bool | None = None, **options: Any) -> NodeRef:
        """Add a node that renders text; `options` are those of `node`."""
        return self.node(id, "template", _config(template=template, trim=trim), **options)

    def set(self, id: str, values: Mapping[str, Json], **options: Any) -> NodeRef:
        """Add a node that names values."""
        return self.node(id, "set", {"values": dict(values)}, **options)

    def http(
        self, id: str, url: str, method: str | None = None, *, request: Mapping[str, Json] | None = None, **options: Any
    ) -> NodeRef:
        """Add a node that sends an HTTP request; `request` holds further fields: headers, query, json, …"""
        return self.node(id, "http", _config(url=url, method=method) | dict(request or {}), **options)

    def parse(self, id: str, document: Mapping[str, Json] | str, **options: Any) -> NodeRef:
        """Add a node that reads a document: {"url"}, {"text"}, {"base64"}, {"object"}, or an expression for one."""
        return self.node(id, "parse", {"document": document}, **options)

    def search(self, id: str, query: str, *, limit: int | None = None, **options: Any) -> NodeRef:
        """Add a node that searches the tenant's documents; its `passages` are context for nodes that ask models."""
        config = {name: options.pop(name) for name in ("mode", "filters") if name in options}
        return self.node(id, "search", _config(query=query, limit=limit) | config, **options)

    def ingest(self, id: str, document: Mapping[str, Json] | str, **options: Any) -> NodeRef:
        """Add a node that takes a document into the tenant's library: {"text"}, {"object"}, or an expression."""
        names = ("title", "source", "language", "tags", "metadata", "version_of", "wait")
        config = {name: options.pop(name) for name in names if name in options}
        return self.node(id, "ingest", {"document": document} | config, **options)

    def code(
        self,
        id: str,
        *,
        plugin: str | None = None,
        wat: str | None = None,
        wasm: str | None = None,
        object: str | None = None,
        input: Json = None,
        config: Mapping[str, Json] | None = None,
        **options: Any,
    ) -> NodeRef:
        """Add a node that runs code in a sandbox: an enabled plugin, or a module as text, in base64, or uploaded."""
        source = _config(plugin=plugin, wat=wat, wasm=wasm, object=object)
        names = ("version", "memory_mb")
        settings = {name: options.pop(name) for name in names if name in options}
        return self.node(id, "code", {**source, "input": input, "config": dict(config or {}), **settings}, **options)

    def analyze(self, id: str, document: Mapping[str, Json] | str, **options: Any) -> NodeRef:
        """Add a node that says what a document is about, in which language, and how well; `document` as of `parse`."""
        return self.node(id, "analyze", {"document": document}, **options)

    def llm(
        self,
        id: str,
        prompt: str,
        *,
        system: str | None = None,
        context: Json = None,
        provider: str | None = None,
        model: str | None = None,
        max_tokens: int | None = None,
        **options: Any,
    ) -> NodeRef:
        """Add a node that asks a language model."""
        config = _config(
            prompt=prompt, system=system, context=context, provider=provider, model=model, max_tokens=max_tokens
        )
        return self.node(id, "llm", config, **options)

    def agent(
        self,
        id: str,
        prompt: str,
        *,
        tools: Sequence[Mapping[str, Json]] = (),
        request: Mapping[str, Json] | None = None,
        **options: Any,
    ) -> NodeRef:
        """Add a node that lets a model work with tools; `request` holds further fields: system, max_steps, …"""
        config = _config(prompt=prompt, tools=[dict(tool) for tool in tools] or None) | dict(request or {})
        return self.node(id, "agent", config, **options)

    def router(
        self,
        id: str,
        rules: Sequence[Rule] | Mapping[str, str],
        *,
        default: str | None = None,
        mode: Literal["first", "all"] | None = None,
        value: Json = None,
        branches: Mapping[str, Node | Sequence[Node]] | None = None,
        **options: Any,
    ) -> NodeRef:
        """Add a router. `rules` are branches with conditions, in order; `branches` says which nodes follow on which."""
        pairs = [(rule.branch, rule.when) for rule in rules] if not isinstance(rules, Mapping) else list(rules.items())
        written = [{"branch": branch, "when": when} for branch, when in pairs]
        router = self.node(id, "router", _config(value=value, rules=written, mode=mode, default=default), **options)
        for branch, targets in (branches or {}).items():
            for target in [targets] if isinstance(targets, NodeRef | str) else targets:
                self.edge(router, target, branch=branch)
        return router

    def approval(
        self,
        id: str,
        message: str,
        *,
        details: Json = None,
        approvers: Sequence[str] | None = None,
        wait: float | None = None,
        default: Literal["approve", "reject", "fail"] | None = None,
        **options: Any,
    ) -> NodeRef:
        """Add a node that waits for a person's decision, for at most `wait` seconds, then takes `default`."""
        people = list(approvers) if approvers is not None else None
        config = _config(message=message, details=details, approvers=people, timeout=wait, default=default)
        return self.node(id, "approval", config, **options)

    def delay(
        self, id: str, *, seconds: float | str | None = None, until: str | None = None, **options: Any
    ) -> NodeRef:
        """Add a node that waits for a time, or until a point in time."""
        return self.node(id, "delay", _config(seconds=seconds, until=until), **options)

    def edge(self, source: Node, target: Node, *, branch: str | None = None) -> Self:
        """Say that `target` comes after `source`; with `branch` only if the router chose it (or `error`: it failed)."""
        edge = {"from": str(source), "to": str(target)}
        self._edges.append(edge if branch is None else {**edge, "branch": branch})
        return self

    def outputs(self, mapping: Mapping[str, Json] | None = None, /, **outputs: Json) -> Self:
        """Say what a run gives: names with any JSON with expressions."""
        self._outputs.update({**(mapping or {}), **outputs})
        return self

    def build(self) -> dict[str, Json]:
        """Return the document, as JSON values of its own."""
        document = {
            "name": self.name,
            "description": self.description,
            "labels": self.labels,
            "metadata": self.metadata,
            "input": self._input,
            "nodes": list(self._nodes.values()),
            "edges": self._edges or None,
            "outputs": self._outputs or None,
            "timeout": self.timeout,
            "mode": self.mode,
        }
        copied: dict[str, Json] = json.loads(
            json.dumps({name: value for name, value in document.items() if value is not None})
        )
        return copied

    def to_json(self) -> str:
        """Return the document as JSON text."""
        return json.dumps(self.build(), ensure_ascii=False, indent=2) + "\n"

    def to_yaml(self) -> str:
        """Return the document as YAML text; needs PyYAML."""
        import yaml

        return str(yaml.safe_dump(self.build(), sort_keys=False, allow_unicode=True, width=110))


def _config(**values: Json) -> dict[str, Json]:
    return {name: value for name, value in values.items() if value is not None}


def _copied(mapping: Mapping[str, Json] | None) -> dict[str, Json] | None:
    return dict(mapping) if mapping is not None else None


def _fields(part: ForEach | Retry | Cache | None) -> dict[str, Json] | None:
    if part is None:
        return None
    values = {name: getattr(part, name) for name in part.__slots__}
    return {name: list(value) if name == "on" else value for name, value in values.items() if value is not None}
