"""A request in the words of Bedrock's Converse API."""

import base64
import binascii
import json
import re
from typing import Any

from heddle.adapters.models.conversation import arguments_to_send, tools_of, turns
from heddle.adapters.models.failures import failure
from heddle.adapters.models.passages import system_of
from heddle.adapters.models.schemas import closed, instruction
from heddle.application.ports.models import CompletionRequest, Part
from heddle.domain.models.settings import ProviderConfig

# Families with structured outputs on Bedrock; the others get the schema in words.
_WITH_SCHEMAS = re.compile(
    r"anthropic\.claude-(?:haiku|sonnet|opus)-(?:4-[5-9]|[5-9])|openai\.gpt-oss|qwen\.qwen3|deepseek\.v3"
    r"|google\.gemma-3|mistral\.(?:ministral|magistral|mistral-large-3|voxtral)|moonshot|minimax\.|nvidia\.nemotron"
)
_FORMATS = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}


def conversation_of(request: CompletionRequest, model: str, provider: str) -> dict[str, Any]:
    """Return what both Converse and CountTokens take: the conversation and tools."""
    system = [system_of(request)]
    if request.output_schema is not None and _schema_for(request, model) is None:
        system.append(instruction(request.output_schema))
    body: dict[str, Any] = {
        "messages": [
            {"role": turn["role"], "content": [_block(part, provider) for part in turn["content"]]}
            for turn in turns(request)
        ]
    }
    tools = tools_of(request)
    if tools and (request.tool_choice != "none" or _mentions_tools(request)):
        if request.tool_choice == "none" or not request.tools:
            # There is no such choice on Bedrock, and the tools of a conversation have to be declared.
            system.append("Do not call any tool.")
        body["toolConfig"] = {
            "tools": [
                {
                    "toolSpec": {
                        "name": tool.name,
                        "description": tool.description or tool.name,
                        "inputSchema": {"json": tool.parameters},
                    }
                }
                for tool in tools
            ]
        }
        if request.tool_choice == "required" and request.tools:
            body["toolConfig"]["toolChoice"] = {"any": {}}
    if any(system):
        body["system"] = [{"text": text} for text in system if text]
    return body


def body_of(request: CompletionRequest, model: str, config: ProviderConfig) -> dict[str, Any]:
    """Return the arguments of `converse` and `converse_stream`, but for `modelId`."""
    settings: dict[str, Any] = {"maxTokens": request.max_tokens}
    if request.temperature is not None:
        settings["temperature"] = min(request.temperature, 1.0)
    if request.stop:
        settings["stopSequences"] = list(request.stop)
    body = {**conversation_of(request, model, config.name), "inferenceConfig": settings}
    if (schema := _schema_for(request, model)) is not None:
        structure = {"jsonSchema": {"schema": json.dumps(schema), "name": "answer"}}
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    if config.guardrail:
        body["guardrailConfig"] = {
            "guardrailIdentifier": config.guardrail,
            "guardrailVersion": config.guardrail_version or "DRAFT",
        }
    return body


def _schema_for(request: CompletionRequest, model: str) -> dict[str, Any] | None:
    if request.output_schema is None or not _WITH_SCHEMAS.search(model):
        return None
    return closed(request.output_schema)


def _mentions_tools(request: CompletionRequest) -> bool:
    return any(
        part["type"] in ("tool_call", "tool_result")
        for message in (*request.history, *request.messages)
        for part in message["content"]
    )


def _block(part: Part, provider: str) -> dict[str, Any]:
    if part["type"] == "text":
        return {"text": part["text"]}
    if part["type"] == "image":
        format = _FORMATS.get(part["media_type"])
        if format is None:
            raise failure(
                "llm_bad_request", provider, f"images of {part['media_type']} are not taken, PNG and JPEG are"
            )
        try:
            return {"image": {"format": format, "source": {"bytes": base64.b64decode(part["data"], validate=True)}}}
        except binascii.Error:
            raise failure("llm_bad_request", provider, "the data of an image is not base64") from None
    if part["type"] == "tool_call":
        return {"toolUse": {"toolUseId": part["id"], "name": part["name"], "input": arguments_to_send(part)}}
    return {
        "toolResult": {
            "toolUseId": part["id"],
            "content": [{"text": part["content"] or "(nothing)"}],
            "status": "error" if part["is_error"] else "success",
        }
    }
