"""Writes the JSON Schema of workflow documents: `python -m heddle.domain.workflow.export_schema [FILE]`."""

import json
import sys
from pathlib import Path

from heddle.domain.workflow.definition import json_schema

DEFAULT_FILE = Path("docs/reference/workflow.schema.json")


def schema_text() -> str:
    """Return the file's content."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write the file named by the first argument, or the one in docs/reference."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_FILE
    target.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main()
