"""YAML bodies: the part of YAML that JSON can say, read by the same loader as workflow files."""

from typing import Any

import yaml

from heddle.domain.workflow.yaml_subset import Loader
from heddle.errors import InvalidInput


def load(body: bytes) -> Any:
    """Return the one document as JSON values; InvalidInput `invalid_yaml` says where it breaks."""
    try:
        return _json(yaml.load(body, Loader=Loader))
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidInput(f"the body is not YAML: {' '.join(str(error).split())}", code="invalid_yaml") from error
    except RecursionError as error:
        raise InvalidInput("the body is nested too deeply", code="invalid_yaml") from error


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        if wrong := [key for key in value if not isinstance(key, str)]:
            raise InvalidInput(f"the key {wrong[0]!r} must be text; put it in quotes", code="invalid_yaml")
        return {key: _json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_json(each) for each in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        raise InvalidInput(f"{value} is not a number that JSON can say", code="invalid_yaml")
    if value is None or isinstance(value, str | int | float):
        return value
    raise InvalidInput(f"a {type(value).__name__} is not a value that JSON can say", code="invalid_yaml")
