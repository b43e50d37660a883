"""A request in the words of the chat completions API, and what sets one of its speakers apart from the others."""

import json
from collections.abc import Mapping
from typing import Any

from heddle.adapters.models.conversation import arguments_to_send, turns
from heddle.adapters.models.passages import system_of
from heddle.adapters.models.schemas import instruction, is_strict
from heddle.application.ports.models import CompletionRequest, Part, ToolCallPart
from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """One speaker. `limit` is its name for the most tokens; `schemas`: it is known to take a JSON Schema.

    `traced`: it keeps the id of the request that the client gives. `keyless`: there may be no key.
    """

    base_url: str = ""
    default_model: str = ""
    limit: str = "max_tokens"
    schemas: bool = True
    traced: bool = False
    keyless: bool = False


DIALECTS: Mapping[str, Dialect] = {
    "openai": Dialect("https://api.openai.com/v1", "gpt-5-mini", limit="max_completion_tokens", traced=True),
    "azure-openai": Dialect(limit="max_completion_tokens", traced=True),
    "gemini": Dialect("https://generativelanguage.googleapis.com/v1beta/openai/", "gemini-2.5-flash"),
    "ollama": Dialect(default_model="llama3.2", keyless=True),
    # Some servers refuse a `response_format` that they do not know: those get the schema in words.
    "openai-compatible": Dialect(schemas=False, keyless=True),
}
"""Kind of provider to its dialect. What has no `base_url` here needs one in its configuration."""


def body_of(request: CompletionRequest, model: str, dialect: Dialect) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create`; what was not asked for is left out."""
    body: dict[str, Any] = {"model": model, dialect.limit: request.max_tokens}
    system = system_of(request)
    if request.output_schema is not None:
        if dialect.schemas and request.output_schema.get("type") == "object":
            strict = is_strict(request.output_schema)
            schema = {"name": "answer", "schema": request.output_schema, "strict": strict}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        else:
            system = "\n\n".join(filter(None, (system, instruction(request.output_schema))))
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for turn in turns(request):
        messages.extend(_user(turn["content"]) if turn["role"] == "user" else [_assistant(turn["content"])])
    body["messages"] = messages
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
            }
            for tool in request.tools
        ]
        body["tool_choice"] = request.tool_choice
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stop:
        body["stop"] = list(request.stop)
    return body


def _user(content: list[Part]) -> list[dict[str, Any]]:
    """Return a message for each result of a tool, and one for the rest."""
    messages: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    for part in content:
        if part["type"] == "tool_result":
            text = f"Error: {part['content']}" if part["is_error"] else part["content"]
            messages.append({"role": "tool", "tool_call_id": part["id"], "content": text})
        elif part["type"] == "text":
            parts.append({"type": "text", "text": part["text"]})
        elif part["type"] == "image":
            url = f"data:{part['media_type']};base64,{part['data']}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
    if parts:
        # Plain text where there is nothing else: every server takes that.
        plain = all(part["type"] == "text" for part in parts)
        text = "\n\n".join(part["text"] for part in parts) if plain else ""
        messages.append({"role": "user", "content": text if plain else parts})
    return messages


def _assistant(content: list[Part]) -> dict[str, Any]:
    text = "\n\n".join(part["text"] for part in content if part["type"] == "text")
    calls = [_call(part) for part in content if part["type"] == "tool_call"]
    message: dict[str, Any] = {"role": "assistant", "content": text or None}
    return message | {"tool_calls": calls} if calls else message


def _call(part: ToolCallPart) -> dict[str, Any]:
    arguments = json.dumps(arguments_to_send(part), ensure_ascii=False)
    call: dict[str, Any] = {
        "id": part["id"],
        "type": "function",
        "function": {"name": part["name"], "arguments": arguments},
    }
    if signature := part.get("signature"):
        call["extra_content"] = {"google": {"thought_signature": signature}}
    return call
