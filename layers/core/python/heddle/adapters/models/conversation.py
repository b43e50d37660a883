"""The conversation of a request as turns that alternate, for providers that insist on it."""

import json
from typing import Any

from heddle.adapters.models.passages import prompt_of
from heddle.application.ports.models import (
    CompletionRequest,
    Message,
    Part,
    TextPart,
    ToolCallPart,
    ToolSpec,
)

_ORDER = {"tool_result": 0}


def turns(request: CompletionRequest) -> list[Message]:
    """Return history, prompt and messages as turns: neighbours of the same role are one, empty text is left out.

    The results of tools come first in their turn: providers want them right behind the calls.
    """
    prompt: list[Part] = [TextPart(type="text", text=prompt_of(request)), *request.images]
    merged: list[Message] = []
    for message in (*request.history, Message(role="user", content=prompt), *request.messages):
        content = [part for part in message["content"] if part["type"] != "text" or part["text"].strip()]
        if not content:
            continue
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"].extend(content)
        else:
            merged.append(Message(role=message["role"], content=content))
    for message in merged:
        message["content"].sort(key=lambda part: _ORDER.get(part["type"], 1))
    return merged


def tools_of(request: CompletionRequest) -> tuple[ToolSpec, ...]:
    """Return the tools to declare: those on offer, or those that the conversation mentions, if there are none.

    Some providers refuse a conversation with calls of tools that they were not told about.
    """
    if request.tools:
        return request.tools
    called: dict[str, None] = {}
    for message in (*request.history, *request.messages):
        for part in message["content"]:
            if part["type"] == "tool_call" or part["type"] == "tool_result":
                called[part["name"]] = None
    return tuple(ToolSpec(name, "No longer available.", {"type": "object"}) for name in called)


def arguments_to_send(part: ToolCallPart) -> dict[str, Any]:
    """Return the arguments of an earlier call; what was no object goes back as text inside of one."""
    arguments = part["arguments"]
    return {"malformed_arguments": part["raw"]} if arguments is None else arguments


def arguments_in(raw: str) -> dict[str, Any] | None:
    """Return the object that a model wrote as arguments, None if it is none; nothing at all is the empty object."""
    if not raw.strip():
        return {}
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def size_of(request: CompletionRequest) -> int:
    """Return a guess at the tokens of everything that is sent, rather too many: for providers that report no usage."""
    shown: list[Any] = [request.system, *(tool.description + json.dumps(tool.parameters) for tool in request.tools)]
    images = 0
    for turn in turns(request):
        for part in turn["content"]:
            if part["type"] == "image":
                images += 1
            else:
                shown.append(json.dumps(part, ensure_ascii=False))
    return sum(len(str(text).encode("utf-8", "replace")) for text in shown) // 3 + 1600 * images + 1
