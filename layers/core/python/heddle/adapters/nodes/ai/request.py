"""Reading what a node asks from its rendered config."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, cast

from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.models import CompletionRequest, ImagePart, Message
from heddle.domain.models.settings import KINDS
from heddle.domain.nodes.fields import (
    as_text,
    choice_field,
    integer_field,
    invalid,
    kind,
    list_field,
    number_field,
    object_field,
    text_field,
)
from heddle.domain.nodes.spec import NodeTask
from heddle.errors import NotFound

MAX_PASSAGES = 2000
_PLACE = {"heading": str, "page": int}
MAX_IMAGE_BYTES = 20 * 1024 * 1024
MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def model_of(config: Mapping[str, Any]) -> str | None:
    """Return `provider/model`, an alias, or None for the tenant's default; the older `provider` field counts too."""
    provider = choice_field(config, "provider", ("auto", *KINDS), "auto")
    model = None if config.get("model") is None else text_field(config, "model")
    if provider == "auto":
        return model
    return provider if model is None else f"{provider}/{model}"


def request_of(task: NodeTask, prompt: str, **fields: Any) -> CompletionRequest:
    """Return the request with what all these node types have in common, and with fields of their own."""
    config = task.config
    temperature = config.get("temperature")
    common = {
        "max_tokens": integer_field(config, "max_tokens", 1024, low=1, high=128_000),
        "temperature": None if temperature is None else number_field(config, "temperature", 0.0, low=0.0, high=2.0),
        "timeout": min(number_field(config, "timeout", 60.0, low=0.001, high=840.0), task.timeout),
        "correlation_id": task.correlation_id,
        "max_sentences": integer_field(config, "max_sentences", 8, low=1, high=200),
        "cache": choice_field(config, "cache", ("auto", "off"), "auto") == "auto",
    }
    return CompletionRequest(prompt, **{**common, **fields})


def joined(*parts: str) -> str:
    """Return the parts that are not empty as paragraphs."""
    return "\n\n".join(part for part in parts if part)


def context_of(value: Any, name: str = "context") -> tuple[dict[str, Any], ...]:
    """Return passages {text, id, source}, with heading and page if they have them; empty ones are left out."""
    if value is None:
        return ()
    entries = value if isinstance(value, list | tuple) else [value]
    if len(entries) > MAX_PASSAGES:
        raise invalid(name, f"must not hold more than {MAX_PASSAGES} passages, but holds {len(entries)}")
    return tuple(passage for passage in _passages(entries, name) if passage["text"].strip())


def _passages(entries: Sequence[Any], name: str) -> list[dict[str, Any]]:
    passages: list[dict[str, Any]] = []
    for index, entry in enumerate(entries):
        passage = {"text": entry} if isinstance(entry, str) else entry
        if not isinstance(passage, Mapping) or not isinstance(passage.get("text"), str):
            raise invalid(f"{name}[{index}]", f"must be text or an object with `text`, but is {kind(entry)}")
        source = passage.get("source")
        shown = None if source is None else as_text(source)
        place = {name: passage[name] for name, its in _PLACE.items() if isinstance(passage.get(name), its)}
        passages.append({"text": passage["text"], "id": passage.get("id"), "source": shown, **place})
    return passages


def history_of(config: Mapping[str, Any]) -> tuple[Message, ...]:
    """Return the earlier turns that the config tells."""
    history: list[Message] = []
    for number, entry in enumerate(list_field(config, "messages") if config.get("messages") is not None else ()):
        if not isinstance(entry, Mapping):
            raise invalid(f"messages[{number}]", f"must be an object, but is {kind(entry)}")
        role = cast(Any, choice_field(entry, "role", ("user", "assistant")))
        history.append({"role": role, "content": [{"type": "text", "text": text_field(entry, "content")}]})
    return tuple(history)


def images_of(config: Mapping[str, Any], tenant: str, blobs: BlobStore) -> tuple[ImagePart, ...]:
    """Return the pictures that the config names, in base64."""
    entries = list_field(config, "images") if config.get("images") is not None else ()
    return tuple(_image(entry, f"images[{number}]", tenant, blobs) for number, entry in enumerate(entries))


def _image(entry: Any, name: str, tenant: str, blobs: BlobStore) -> ImagePart:
    if not isinstance(entry, Mapping):
        raise invalid(name, f"must be an object, but is {kind(entry)}")
    media_type = choice_field(entry, "media_type", MEDIA_TYPES, "image/png")
    if entry.get("object") is not None:
        try:
            data = blobs.get(tenant, text_field(entry, "object"))
        except NotFound:
            raise invalid(f"{name}.object", "names no upload of yours") from None
    else:
        try:
            data = base64.b64decode(text_field(entry, "base64"), validate=True)
        except binascii.Error:
            raise invalid(f"{name}.base64", "is not base64") from None
    if len(data) > MAX_IMAGE_BYTES:
        raise invalid(name, f"has {len(data):,} bytes, but may have {MAX_IMAGE_BYTES:,}")
    return {"type": "image", "media_type": media_type, "data": base64.b64encode(data).decode("ascii")}


def schema_of(config: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return the JSON Schema that the config gives; one that is none fails the node."""
    if config.get(name) is None:
        return None
    from heddle.domain.json_schema import schema_fault

    schema = dict(object_field(config, name))
    if (fault := schema_fault(schema)) is not None:
        raise invalid(name, f"is not a valid JSON Schema: {fault}")
    return schema
