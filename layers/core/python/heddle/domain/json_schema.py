"""JSON Schemas that users write: whether one is valid, and how a value breaks it.

jsonschema_rs is imported when first needed. Patterns run in an engine without backtracking, and references to other
documents are refused, so that neither a schema nor a value can make this slow or reach out.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

MAX_VIOLATIONS = 50
_SHOWN = 300


def schema_fault(schema: Mapping[str, Any]) -> str | None:
    """Return why this is no JSON Schema, None if it is one."""
    try:
        validator(schema_text(schema))
    except ValueError as error:
        return shortened(str(error))
    return None


def violations(schema: Mapping[str, Any], value: Any, most: int = MAX_VIOLATIONS) -> list[tuple[list[str | int], str]]:
    """Return where a value breaks its schema and how, as (path, message). Raises ValueError if it is no schema."""
    found = islice(validator(schema_text(schema)).iter_errors(value), most)
    return [(list(error.instance_path), shortened(error.message)) for error in found]


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return the schema as `validator` takes it."""
    return json.dumps(schema, ensure_ascii=False)


@lru_cache(maxsize=256)
def validator(schema: str) -> Any:
    """Return the validator of a schema, given as JSON; ValueError if it is no schema or refers to somewhere else."""
    import jsonschema_rs

    try:
        return jsonschema_rs.validator_for(
            json.loads(schema), retriever=_refuse, pattern_options=jsonschema_rs.RegexOptions(), validate_formats=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        raise ValueError(getattr(error, "message", str(error))) from None


def shortened(message: str) -> str:
    """Return a message that fits on a line or two: validators repeat the value that they complain of."""
    return message if len(message) <= _SHOWN else message[: _SHOWN - 1] + "…"


def _refuse(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed: {uri}")
