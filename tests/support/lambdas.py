"""What a handler is called with: the context, and the events in events/samples/aws."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from heddle.runtime.logging import logger

SAMPLES = Path(__file__).parents[2] / "events" / "samples" / "aws"


@dataclass(frozen=True)
class Context:
    """As much of a Lambda context as the functions look at."""

    aws_request_id: str = "request-1"
    seconds: float = 60.0

    def get_remaining_time_in_millis(self) -> int:
        """Return the time that is left."""
        return int(self.seconds * 1000)


def sample(name: str) -> dict[str, Any]:
    """Return the AWS event of that name."""
    event: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return event


class LogLines:
    """The lines that functions log from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._text = io.StringIO()
        # The logger keeps the standard output of the moment in which it was made.
        monkeypatch.setattr(logger().registered_handler, "stream", self._text)

    def read(self) -> list[dict[str, Any]]:
        """Return them, parsed."""
        return [json.loads(line) for line in self._text.getvalue().splitlines()]
