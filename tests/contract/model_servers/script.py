"""What the model server is to answer, in no provider's words, and the ways in which it can be told to fail."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

ANSWER = "Looms weave cloth [2]. They are old [9]."
_WORD = re.compile(r"please-([a-z0-9-]+)")


@dataclass(frozen=True)
class Call:
    """A tool call; `arguments` as text are sent as they are, malformed or not."""

    name: str
    arguments: dict[str, Any] | str = field(default_factory=dict)
    id: str = ""

    @property
    def written(self) -> str:
        """The arguments as text."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """One answer. `stop` is ours: end, max_tokens, stop_sequence, tool_use, refusal; empty is end, or tool_use.

    `fault` is a word of those below, without `please-`. `usage` False: the provider says nothing of tokens.
    """

    text: str = ANSWER
    calls: tuple[Call, ...] = ()
    stop: str = ""
    input_tokens: int = 1000
    output_tokens: int = 100
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    usage: bool = True
    fault: str = ""
    piece_chars: int = 8

    @property
    def why(self) -> str:
        """Why it stopped."""
        return self.stop or ("tool_use" if self.calls else "end")

    def pieces(self, text: str) -> list[str]:
        """Cut a text as a stream gives it."""
        return [text[at : at + self.piece_chars] for at in range(0, len(text), self.piece_chars)]

    def identified(self) -> list[tuple[str, Call]]:
        """Return the calls with their ids."""
        return [(call.id or f"call_{number}", call) for number, call in enumerate(self.calls, 1)]


REFUSED = frozenset({"401", "429", "quota", "500", "too-long", "bad", "filtered"})
"""Faults that are answered with a status and an error body, streaming or not."""


def reply_to(body: dict[str, Any]) -> Reply:
    """Return what a prompt asks for by its word `please-…`; without one, or once a tool has answered, the answer."""
    messages = body["messages"]
    last = json.dumps(messages[-1])
    if messages[-1]["role"] == "tool" or "tool_result" in last or "toolResult" in last:
        return Reply()
    words = _WORD.findall(last)
    word = words[-1] if words else ""
    names = tool_names(body)
    if word == "cut":
        return Reply(stop="max_tokens")
    if word == "stop":
        return Reply(stop="stop_sequence")
    if word == "filter":
        return Reply(text="", stop="refusal")
    if word == "tool" and names:
        return Reply(text="Let me look.", calls=(Call(names[0], {"city": "Paris"}),))
    if word == "tools" and names:
        return Reply(text="", calls=(Call(names[0], {"city": "Paris"}), Call(names[-1], {"city": "Rome"})))
    if word == "malformed" and names:
        return Reply(text="", calls=(Call(names[0], '{"city": "Par'),))
    if word == "cached":
        return Reply(cached_tokens=400, cache_write_tokens=50)
    if word == "uncounted":
        return Reply(usage=False)
    return Reply(fault=word)


def tool_names(body: dict[str, Any]) -> list[str]:
    """Return the names of the tools on offer, whichever way a protocol writes them."""
    names = []
    for tool in body.get("tools") or (body.get("toolConfig") or {}).get("tools") or []:
        inner = tool.get("function") or tool.get("toolSpec") or tool
        names.append(str(inner["name"]))
    return names


def reply_from_json(data: dict[str, Any]) -> Reply:
    """Return a reply as `POST /script` writes it: the fields of Reply, calls as objects."""
    calls = tuple(Call(**call) for call in data.get("calls", ()))
    return Reply(**{**data, "calls": calls})
