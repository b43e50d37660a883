"""The answers about the API itself and what there is to build with."""

from typing import Any, Literal

from heddle.runtime.api.answers.answer import Answer, Answers


class NodeTypeAnswer(Answer):
    """A node type and the JSON Schema of its config."""

    name: str
    category: str
    summary: str
    host: str
    effects: str
    timeout: float | int
    config_schema: dict[str, Any]
    output_schema: dict[str, Any]
    secret_fields: list[str]
    deferred: dict[str, list[str]]


class NodeTypePage(Answer):
    """All node types."""

    items: list[NodeTypeAnswer]
    cursor: None


class HealthAnswer(Answer):
    """Whether the API answers."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: str
    uptime_seconds: float
    version: str
    stage: str


class CheckAnswer(Answer):
    """One dependency; `error` is the class of what it answered, never its text."""

    status: Literal["healthy", "degraded", "unhealthy"]
    latency_ms: float
    error: str | None = None


class DetailedHealthAnswer(HealthAnswer):
    """Everything the API depends on."""

    checks: dict[str, CheckAnswer]


class InfoAnswer(Answer):
    """What this is."""

    name: str
    version: str
    stage: str
    provider: str
    documentation: str
    openapi: str


ANSWERS: Answers = {
    "list_node_types": {200: NodeTypePage},
    "health": {200: HealthAnswer},
    "health_detailed": {200: DetailedHealthAnswer, 503: DetailedHealthAnswer},
    "info": {200: InfoAnswer},
    "openapi": {200: None},
    "swagger_ui": {200: None},
    "swagger_asset": {200: None},
}
