"""A model that says what a test tells it to: an AskModel without any provider, which remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from heddle.application.models.answer import Answer
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.models import Completion, CompletionRequest, ToolCallPart
from heddle.domain.money import picos

Said = Completion | Exception
Script = Callable[[CompletionRequest], Said] | Sequence[Said]


@dataclass(frozen=True)
class Asked:
    """One question, and for whom."""

    caller: Caller
    model: str | None
    request: CompletionRequest


@dataclass
class ScriptedModel:
    """Answers from a list, one entry a call (the last one for ever), or by a function of the request.

    An entry that is an exception is raised. Every call costs `price` dollars.
    """

    script: Script
    price: str = "0.001"
    asked: list[Asked] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(
        self,
        caller: Caller,
        model: str | None,
        request: CompletionRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Answer:
        """Answer, see AskModel; the text is streamed word by word."""
        with self._lock:
            self.asked.append(Asked(caller, model, request))
            number = len(self.asked)
        said = self.script(request) if callable(self.script) else self.script[min(number, len(self.script)) - 1]
        if isinstance(said, Exception):
            raise said
        if on_text is not None:
            for piece in said.text.split(" ") if said.text else ():
                on_text(piece + " ")
        cost = picos(self.price)
        return Answer(said, Billed(said.provider, said.model, said.input_tokens, said.output_tokens, cost, 5.0))


def says(text: str, **fields: Any) -> Completion:
    """Return an answer in words."""
    return Completion(**{"text": text, "stop_reason": "end", **_USED, **fields})


def calls(*wanted: tuple[str, dict[str, Any] | str], text: str = "") -> Completion:
    """Return an answer that asks for tools, each as (name, arguments); arguments that are text are no JSON object."""
    parts: list[ToolCallPart] = []
    for number, (name, arguments) in enumerate(wanted, 1):
        known = arguments if isinstance(arguments, dict) else None
        raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
        parts.append({"type": "tool_call", "id": f"c{number}", "name": name, "arguments": known, "raw": raw})
    return Completion(**{"text": text, "stop_reason": "tool_use", "tool_calls": tuple(parts), **_USED})


_USED: dict[str, Any] = {"model": "scripted-1", "provider": "scripted", "input_tokens": 100, "output_tokens": 10}
