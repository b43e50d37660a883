"""The YAML loader for documents: safe, without aliases, repeated keys and dates. Imported only when YAML comes."""

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """Reads the part of YAML that JSON can say, and refuses what is surprising."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(None, None, "aliases (*name) are not accepted", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, "merge keys are not accepted", key.start_mark)
            if isinstance(key.value, str):
                if key.value in seen:
                    problem = f"the key {key.value!r} comes twice in the same object"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


# `on` (of retry), `yes` and `no` are words, not booleans, as in YAML 1.2; dates are text.
Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first, _pattern in (("t", "true"), ("T", "True|TRUE"), ("f", "false"), ("F", "False|FALSE")):
    Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", re.compile(f"^(?:{_pattern})$"))
    )
