"""YAML bodies: the safe subset, without aliases, as JSON values.

Aliases are refused because a few of them can name a document of any size (billion laughs), and a definition has no
use for them. Dates stay text: JSON has none.
"""

from typing import Any

import yaml

from heddle.errors import InvalidInput


class _Loader(yaml.SafeLoader):
    """SafeLoader that takes no aliases, no duplicate keys, and no timestamps."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.constructor.ConstructorError(
                None,
                None,
                "aliases are not accepted",
                self.peek_event().start_mark,  # type: ignore[no-untyped-call]
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag != "tag:yaml.org,2002:str" and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, "keys must be text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key.value!r}", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(body: bytes) -> Any:
    """Return the one document as JSON values; InvalidInput `invalid_yaml` says where it breaks."""
    try:
        value = yaml.load(body, Loader=_Loader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise InvalidInput(f"the body is not YAML: {' '.join(str(error).split())}", code="invalid_yaml") from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply", code="invalid_yaml") from error
    return _json(value)


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise InvalidInput("the body is not YAML that JSON can express: .nan and .inf", code="invalid_yaml")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise InvalidInput(f"the body holds a {type(value).__name__}, which JSON has not", code="invalid_yaml")
