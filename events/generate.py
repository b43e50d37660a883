"""Write schemas, samples and catalogue of all events from the code: `python -m events.generate [--check]`.

With --check nothing is written: the exit status tells whether the committed files are what the code gives.
"""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from events.evolution import breaking_changes
from events.registry import REGISTRY
from events.story import samples
from heddle.domain.events.chain import envelope
from heddle.domain.events.codec import schema_version
from heddle.domain.events.event_types import EVENT_TYPES

HERE = Path(__file__).parent
DRAFT = "https://json-schema.org/draft/2020-12/schema"
ENVELOPE = "Envelope"


def event_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of an event type's data."""
    cls = EVENT_TYPES[name]
    schema = TypeAdapter(cls).json_schema()
    head = {
        "$schema": DRAFT,
        "$id": f"heddle:events/{name}/{schema_version(name)}",
        "title": name,
        "description": inspect.cleandoc(cls.__doc__ or ""),
    }
    return head | {key: value for key, value in schema.items() if key not in head}


def envelope_schema() -> dict[str, Any]:
    """Return the JSON Schema of what every event travels in: the `detail` on the bus, an event of the API."""
    text, count = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}
    properties: dict[str, Any] = {
        "id": {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$", "description": "ULID"},
        "tenant": text,
        "stream": {
            "type": "object",
            "properties": {"type": text, "id": text},
            "required": ["type", "id"],
            "additionalProperties": False,
        },
        "version": count | {"description": "Counts the stream's events from 1, without gaps."},
        "type": {"enum": sorted(EVENT_TYPES)},
        "schema_version": count,
        "data": {"type": "object", "description": 'By the schema of type and schema_version, or {"$ref": …}.'},
        "metadata": {
            "type": "object",
            "properties": {
                "correlation_id": {"type": "string"},
                "causation_id": {"type": ["string", "null"]},
                "principal": {"type": "string"},
                "source": {"type": "string"},
            },
            "required": ["correlation_id", "causation_id", "principal", "source"],
            "additionalProperties": False,
        },
        "occurred_at": {"type": "string", "format": "date-time"},
    }
    required = list(properties)
    properties["meter"] = {
        "type": "object",
        "description": "What the commit took whose last event this is; no part of the fact. See docs/concepts/cost.md.",
    }
    return {
        "$schema": DRAFT,
        "$id": f"heddle:events/{ENVELOPE}/1",
        "title": ENVELOPE,
        "description": "The envelope every event travels in.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def catalogue() -> str:
    """Return the catalogue as Markdown."""
    lines = [
        "# Events",
        "",
        "Written by `python -m events.generate` from the event classes and `events/registry.py`: do not edit.",
        "Every event travels in the [envelope](schemas/Envelope/1.json); source is `heddle`, detail-type its name.",
        "",
        "| event | what it says | emitted by | who reacts |",
        "|---|---|---|---|",
    ]
    for name, cls in EVENT_TYPES.items():
        entry = REGISTRY[name]
        says = inspect.cleandoc(cls.__doc__ or "").splitlines()[0].replace("|", "\\|")
        where = f"[{name}](schemas/{name}/{schema_version(name)}.json) ([sample](samples/{name}.json))"
        who = " · ".join(f"`{each}`" for each in entry.emitted_by), " · ".join(f"`{each}`" for each in entry.reacts)
        lines.append(f"| {where} | {says} | {who[0]} | {who[1]} |")
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """Return every generated file with its text."""
    made = {HERE / "schemas" / ENVELOPE / "1.json": _json(envelope_schema()), HERE / "catalogue.md": catalogue()}
    for name in EVENT_TYPES:
        made[HERE / "schemas" / name / f"{schema_version(name)}.json"] = _json(event_schema(name))
    for name, event in samples().items():
        made[HERE / "samples" / f"{name}.json"] = _json(envelope(event))
    return made


def stale() -> list[Path]:
    """Return the files that are missing or not what the code gives."""
    return [path for path, text in files().items() if not path.exists() or path.read_text("utf-8") != text]


def broken() -> list[str]:
    """Return every committed schema that the code no longer keeps to, and how."""
    problems = []
    for path, text in files().items():
        if path.suffix == ".json" and "schemas" in path.parts and path.exists():
            changes = breaking_changes(json.loads(path.read_text("utf-8")), json.loads(text))
            problems += [f"{path.relative_to(HERE)}: {change}" for change in changes]
    return problems


def main(arguments: list[str]) -> int:
    """Write or check; returns the exit status."""
    if problems := broken():
        print("A committed schema may only gain optional fields; make a new version with an upcaster instead.")
        print("\n".join(problems))
        return 1
    outdated = stale()
    if "--check" in arguments:
        for path in outdated:
            print(f"outdated: {path.relative_to(HERE.parent)} (run python -m events.generate)")
        return 1 if outdated else 0
    made = files()
    for path in outdated:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[path], "utf-8")
    return 0


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
