"""A request in the words of Anthropic's messages API."""

import re
from typing import Any

from heddle.adapters.models.conversation import arguments_to_send, tools_of, turns
from heddle.adapters.models.passages import system_of
from heddle.adapters.models.schemas import closed, instruction
from heddle.application.ports.models import CompletionRequest, Part

# Models of before structured outputs; whatever is newer has them.
_WITHOUT_SCHEMAS = re.compile(r"claude-(?:instant|2|3|(?:opus|sonnet)-4(?:-0|-2025\d{4})?$)")
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def conversation_of(request: CompletionRequest, model: str) -> dict[str, Any]:
    """Return what both `messages.create` and `messages.count_tokens` take: the conversation, tools and schema."""
    system = system_of(request)
    body: dict[str, Any] = {"model": model}
    if request.output_schema is not None:
        schema = None if _WITHOUT_SCHEMAS.search(model) else closed(request.output_schema)
        if schema is None:
            system = "\n\n".join(filter(None, (system, instruction(request.output_schema))))
        else:
            body["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if system:
        body["system"] = system
    body["messages"] = [
        {"role": turn["role"], "content": [_block(part) for part in turn["content"]]} for turn in turns(request)
    ]
    if tools := tools_of(request):
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters} for tool in tools
        ]
        body["tool_choice"] = {"type": _CHOICES[request.tool_choice] if request.tools else "none"}
    return body


def body_of(request: CompletionRequest, model: str) -> dict[str, Any]:
    """Return the arguments of `messages.create`."""
    body = {"max_tokens": request.max_tokens, **conversation_of(request, model)}
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.temperature is not None:
        # The newest models take no temperature and the SDK dropped the parameter; the older ones still do.
        body["extra_body"] = {"temperature": min(request.temperature, 1.0)}
    return body


def _block(part: Part) -> dict[str, Any]:
    if part["type"] == "text":
        return {"type": "text", "text": part["text"]}
    if part["type"] == "image":
        source = {"type": "base64", "media_type": part["media_type"], "data": part["data"]}
        return {"type": "image", "source": source}
    if part["type"] == "tool_call":
        return {"type": "tool_use", "id": part["id"], "name": part["name"], "input": arguments_to_send(part)}
    result = {"type": "tool_result", "tool_use_id": part["id"], "content": part["content"] or "(nothing)"}
    return result | {"is_error": True} if part["is_error"] else result
