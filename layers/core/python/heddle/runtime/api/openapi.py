"""The OpenAPI 3.1 document of the API, made of the table of routes, the bodies and the answers.

Made from the same things that requests are checked by, so it cannot promise what is not so.
docs/reference/openapi.json is this document; a test says when it is stale.
"""

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from heddle.runtime.api.answers.answer import Answer
from heddle.runtime.api.answers.problem import ProblemAnswer
from heddle.runtime.api.answers.table import ANSWERS
from heddle.runtime.api.bodies.body import Body
from heddle.runtime.api.bodies.table import BODIES, OPTIONAL
from heddle.runtime.api.problems import CODES, MEDIA_TYPE
from heddle.runtime.api.routes.route import Query, Route
from heddle.runtime.api.routes.table import DOCUMENTED
from heddle.runtime.api.samples.table import EXAMPLES

_PREFIX = "#/components/schemas/{model}"

_TAGS = {
    "identity": "Who you are: tokens for users, keys for services.",
    "workflows": "Definitions and their versions.",
    "runs": "Executions: start, watch, stop, continue.",
    "approvals": "What waits for a person.",
    "dead letters": "Runs, timers and webhooks that were given up: read, sent again, deleted.",
    "triggers": "What starts runs: webhooks, timers, events, other runs.",
    "webhooks": "What the platform tells your servers, signed.",
    "analyses": "What a document says, about what, how well and for whom.",
    "batches": "One operation over many items: handed in, followed, paused, resumed, cancelled.",
    "documents": "Documents that can be searched by words and by meaning, and their originals.",
    "routing rules": "What clients may send, and what becomes of it.",
    "messages": "What people wrote, and where they are.",
    "notifications": "What users are told, and when they want to be.",
    "plugins": "Modules of WebAssembly that take part in analyses, in a sandbox.",
    "prompts": "Templates with versions, labels and tests.",
    "budgets": "What may be spent, what is left, and what is stopped.",
    "models": "Providers, aliases, prices, and how many tokens a text has.",
    "usage": "What was used and what it cost.",
    "catalogue": "What there is to build with.",
    "service": "The API itself.",
}

_PLAIN = {
    "get_run_payload": {"application/json": {"schema": {}}},
    "openapi": {"application/json": {"schema": {"type": "object"}}},
    "subscribe_hook": {"text/plain": {"schema": {"type": "string", "description": "The challenge."}}},
    "swagger_ui": {"text/html": {"schema": {"type": "string"}}},
    "swagger_asset": {"text/javascript": {"schema": {"type": "string"}}},
}

_ANYTHING = {"receive_hook": "What the sender sends, byte for byte as it is signed; the webhook says of what kind."}
"""Bodies that no model describes."""

_BESIDE = {"export_usage": {"text/csv": {"schema": {"type": "string", "description": "Columns as in the JSON."}}}}
"""Other forms of an answer, by a parameter of the route."""


@cache
def document(version: str) -> dict[str, Any]:
    """Return the whole document. The server is relative to where the document was fetched, so any prefix works."""
    models: set[type[Body] | type[Answer]] = {*BODIES.values(), ProblemAnswer}
    models |= {model for answers in ANSWERS.values() for model in answers.values() if model}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema(
        [(model, "serialization" if issubclass(model, Answer) else "validation") for model in ordered],
        ref_template=_PREFIX,
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in DOCUMENTED:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heddle",
            "version": version,
            "summary": "Define, run and watch workflows.",
            "description": "Every route answers below `/v1` as well. Errors are `application/problem+json` with a "
            "stable `code`. Every answer carries `X-Correlation-ID`; send your own to find a request again.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": ".", "description": "where this document lies"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas["$defs"].items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *map(_query_parameter, route.query), *_headers(route)],
        "responses": _responses(route),
        "security": [] if route.role == "public" else [{"token": []}, {"key": []}],
        "x-role": route.role,
        "x-scope": route.scope,
    }
    if body := BODIES.get(route.name):
        operation["requestBody"] = {"required": route.name not in OPTIONAL, "content": _body(route, body)}
    if anything := _ANYTHING.get(route.name):
        content = {"*/*": {"schema": {"description": anything}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _body(route: Route, body: type[Body]) -> dict[str, Any]:
    reference = {"$ref": _PREFIX.format(model=body.__name__)}
    example = EXAMPLES.get(route.name, {}).get("request")
    content: dict[str, Any] = {"application/json": {"schema": reference}}
    if body.__name__ == "PromptBody":
        content["application/yaml"] = {"schema": reference}
    if body.__name__ == "WorkflowBody":
        either = {"anyOf": [reference, {"type": "object", "description": "The definition itself."}]}
        content = {"application/json": {"schema": either}, "application/yaml": {"schema": either}}
    if example is not None:
        content["application/json"]["example"] = example
    return content


def _responses(route: Route) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, model in ANSWERS[route.name].items():
        response: dict[str, Any] = {"description": _PHRASES[status]}
        if model is not None:
            response["content"] = {"application/json": {"schema": {"$ref": _PREFIX.format(model=model.__name__)}}}
            response["content"] |= _BESIDE.get(route.name, {})
            example = EXAMPLES.get(route.name, {}).get("response")
            if example is not None and status == min(ANSWERS[route.name]):
                response["content"]["application/json"]["example"] = example
        elif status == 200:
            response["content"] = _PLAIN[route.name]
        if status == 200 and route.name == "stream_run":
            response["content"]["text/event-stream"] = {"schema": {"type": "string"}}
        responses[str(status)] = response
    for status in _errors(route):
        codes = [code for code, known in CODES.items() if known.status == status]
        responses.setdefault(
            str(status),
            {
                "description": f"{_PHRASES[status]}: {', '.join(codes)}",
                "content": {MEDIA_TYPE: {"schema": {"$ref": _PREFIX.format(model="ProblemAnswer")}}},
            },
        )
    return responses


def _errors(route: Route) -> list[int]:
    """Return the statuses of errors that this route can answer."""
    errors = {400, 500, 503, *route.errors}
    if route.role != "public":
        errors |= {401, 403}
    if "{" in route.path:
        errors.add(404)
    if route.name in BODIES:
        errors |= {413, 415}
    return sorted(errors)


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer", "minimum": 1} if name == "version" else {"type": "string"},
        }
        for name in names
    ]


def _query_parameter(query: Query) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": query.type}
    for key, value in (("minimum", query.minimum), ("maximum", query.maximum), ("default", query.default)):
        if value is not None:
            schema[key] = value
    if query.choices:
        schema["enum"] = list(query.choices)
    return {"name": query.name, "in": "query", "description": query.summary, "schema": schema}


def _headers(route: Route) -> list[dict[str, Any]]:
    headers = [("X-Correlation-ID", "1 to 128 of letters, digits, - _ . ; made if missing")]
    if route.name == "execute_workflow":
        headers.append(("Idempotency-Key", "the same key and body within 24 hours is the same run"))
    if route.name == "stream_run":
        headers.append(("Last-Event-ID", "the `id` of the last event seen: as `after`, if that is less"))
    if route.if_match:
        headers.append(("If-Match", f'{route.if_match}, for example "3"'))
    return [{"name": name, "in": "header", "description": text, "schema": {"type": "string"}} for name, text in headers]


_PHRASES = {
    200: "Done",
    201: "Created",
    202: "Accepted; it goes on in the background",
    204: "Done; nothing to say",
    307: "The payload lies behind `Location`",
    400: "The request is not valid",
    401: "No credential, or one that does not hold",
    403: "Not allowed",
    408: "Took too long",
    404: "There is no such thing",
    409: "The state does not allow it",
    413: "Too large",
    415: "This content type is not accepted",
    422: "The definition breaks validation rules, or the run that was waited for did not succeed",
    429: "Too many attempts",
    500: "Something went wrong here",
    503: "Something this needs did not answer",
}
