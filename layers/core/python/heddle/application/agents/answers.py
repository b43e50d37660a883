"""Getting an answer of the shape that was asked for: JSON out of a model's text, checked, and repaired once."""

import json
import re
from collections.abc import Callable
from typing import Any

from heddle.application.agents.records import Heard
from heddle.application.ports.models import Completion, Message
from heddle.domain.json_schema import violations
from heddle.errors import NodeError
from heddle.records import dataclass

INVALID = "llm_output_invalid"
NEEDS_MODEL = "llm_needs_model"
_EXTRACTIVE_MODELS = "extractive-"

SHOWN_VIOLATIONS = 5
_FENCED = re.compile(r"```(?:json)?[^\S\n]*\n(.*?)```", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer's text says: `value`, or the `faults` that keep it from being used."""

    value: Any
    faults: tuple[str, ...]


def read(text: str, schema: dict[str, Any]) -> Reading:
    """Read JSON of the schema from a text: the text itself, a fenced block in it, or its outermost object or list."""
    value, found = _json_in(text)
    if not found:
        return Reading(None, ("the answer is not JSON",))
    faults = tuple(
        f"{'.'.join(map(str, path)) or 'the answer'}: {message}"
        for path, message in violations(schema, value, SHOWN_VIOLATIONS)
    )
    return Reading(value, faults)


def structured(
    heard: Heard, step: int, schema: dict[str, Any], again: Callable[[int, tuple[Message, ...]], Heard]
) -> tuple[Any, Heard, int]:
    """Return the value of an answer, the answer it came in, and the step of that; asks once more if it is no use.

    `again` asks the next step with these messages added. Raises NodeError llm_output_invalid with the violations, and
    llm_needs_model if no model answered.
    """
    if is_extractive(heard.completion):
        raise needs_model()
    reading = read(heard.completion.text, schema)
    if not reading.faults:
        return reading.value, heard, step
    repaired = again(step + 1, repair(heard.completion.text, reading.faults))
    second = read(repaired.completion.text, schema)
    if second.faults:
        raise invalid_output(second.faults)
    return second.value, repaired, step + 1


def repair(text: str, faults: tuple[str, ...]) -> tuple[Message, ...]:
    """Return the messages that ask for the answer again, naming what was wrong with it."""
    listed = "\n".join(f"- {fault}" for fault in faults)
    asked = (
        f"That answer cannot be used:\n{listed}\nAnswer again with nothing but JSON that fits the schema, and no words "
        "around it."
    )
    return (
        {"role": "assistant", "content": [{"type": "text", "text": text or "(nothing)"}]},
        {"role": "user", "content": [{"type": "text", "text": asked}]},
    )


def invalid_output(faults: tuple[str, ...]) -> NodeError:
    """Return the error for an answer that broke its schema twice."""
    return NodeError(
        f"the answer breaks its schema, also when asked again: {'; '.join(faults)}", code=INVALID, errors=list(faults)
    )


def is_extractive(completion: Completion) -> bool:
    """Tell whether no model answered, but rules that choose sentences; whatever a tenant calls that provider."""
    return completion.model.startswith(_EXTRACTIVE_MODELS)


def needs_model() -> NodeError:
    """Return the error for work that only a model can do."""
    message = "this needs a language model, and the extractive provider is none; configure a provider"
    return NodeError(message, code=NEEDS_MODEL)


def schema_prompt(schema: dict[str, Any]) -> str:
    """Return what a model is told of the shape of its final answer, where the request cannot say so itself."""
    text = json.dumps(schema, ensure_ascii=False)
    return (
        f"When you are done, answer with nothing but JSON that fits this JSON Schema, and no words around it:\n{text}"
    )


def _json_in(text: str) -> tuple[Any, bool]:
    candidates = [text.strip(), *(block.strip() for block in _FENCED.findall(text))]
    for opening, closing in (("{", "}"), ("[", "]")):
        start, end = text.find(opening), text.rfind(closing)
        if 0 <= start < end:
            candidates.append(text[start : end + 1])
    for candidate in candidates:
        try:
            return json.loads(candidate), True
        except ValueError:
            continue
    return None, False
