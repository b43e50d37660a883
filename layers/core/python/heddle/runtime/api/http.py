"""A request as endpoints see it, and a reply as they give it, free of API Gateway's shapes."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from heddle.application.identity.principal import Principal
from heddle.errors import HeddleError, InvalidInput, PayloadTooLarge
from heddle.records import dataclass
from heddle.runtime.api.routes.route import Query, Route

if TYPE_CHECKING:
    from pydantic import BaseModel

    Model = TypeVar("Model", bound=BaseModel)

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Lambda takes 6 MB with the event around the body; larger things go by POST /uploads."""

MAX_DEPTH = 64
"""Nesting that no honest body needs and that would exhaust the stack of whatever walks it."""

JSON_TYPES = ("application/json", "text/json")
YAML_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml")


@dataclass(frozen=True, slots=True)
class Request:
    """One call: path parameters, checked query parameters, lower-cased headers, and who calls."""

    route: Route
    params: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes
    correlation_id: str
    source_ip: str = ""
    caller: Principal | None = None
    stage_path: str = ""

    @property
    def principal(self) -> Principal:
        """Who calls; every route that is not public has one."""
        assert self.caller is not None, "the route table lets nobody through without a principal"
        return self.caller

    @property
    def tenant(self) -> str:
        """The caller's tenant: the first argument of every store."""
        return self.principal.tenant

    def json(self, *, yaml: bool = False, optional: bool = False) -> Any:
        """Return the body's value. Without a content type it is taken for JSON; `optional` makes no body {}."""
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.body.strip():
            if optional:
                return {}
            raise InvalidInput("this route needs a body, and there is none", code="invalid_body")
        if yaml and media_type in YAML_TYPES:
            return _shallow(_yaml(self.body))
        if media_type and media_type not in JSON_TYPES and not media_type.endswith("+json"):
            accepted = (*JSON_TYPES[:1], *(YAML_TYPES[:1] if yaml else ()))
            raise InvalidInput(
                f"the content type {media_type!r} is not accepted here; send {' or '.join(accepted)}",
                code="unsupported_media_type",
            )
        try:
            return _shallow(orjson.loads(self.body))
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"the body is not JSON: {error}", code="invalid_json") from error

    def model(self, model: "type[Model]", *, optional: bool = False) -> "Model":
        """Return the body as this model, or raise InvalidInput `invalid_body` that names every wrong field."""
        return checked(model, self.json(optional=optional))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: JSON unless `media_type` says otherwise; None is no body."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


def checked(model: "type[Model]", value: Any) -> "Model":
    """Validate a value against a model, in our words."""
    from pydantic import ValidationError

    if not isinstance(value, dict):
        raise InvalidInput(
            "the body must be an object",
            code="invalid_body",
            errors=[{"field": "", "message": f"must be an object with {', '.join(_names(model))}"}],
        )
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = [_field_error(model, item) for item in error.errors(include_url=False, include_context=False)]
        raise InvalidInput(
            f"{len(errors)} field{'s are' if len(errors) > 1 else ' is'} wrong: "
            + "; ".join(f"{item['field']}: {item['message']}" for item in errors[:3]),
            code="invalid_body",
            errors=errors,
        ) from error


def _names(model: "type[BaseModel]") -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _field_error(model: "type[BaseModel]", item: Any) -> dict[str, str]:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden" and len(item["loc"]) == 1:
        return {"field": where, "message": f"unknown field; the fields are {', '.join(_names(model))}"}
    if item["type"] == "missing":
        return {"field": where, "message": "this field is needed and was not sent"}
    return {"field": where, "message": str(item["msg"]).removeprefix("Value error, ")}


def _shallow(value: Any) -> Any:
    """Return the value, or refuse one that is nested deeper than MAX_DEPTH."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise InvalidInput(f"the body is nested deeper than {MAX_DEPTH} levels", code="invalid_body")
        below: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                below.extend(each.values())
            elif isinstance(each, list):
                below.extend(each)
        level = [each for each in below if isinstance(each, dict | list)]
    return value


def _yaml(body: bytes) -> Any:
    from heddle.runtime.api.yaml_body import load

    return load(body)


def body_bytes(event: Mapping[str, Any]) -> bytes:
    """Return the body of a proxy event; PayloadTooLarge above MAX_BODY_BYTES."""
    raw = event.get("body") or ""
    try:
        data = base64.b64decode(raw, validate=True) if event.get("isBase64Encoded") else str(raw).encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise InvalidInput("the body is not text in UTF-8", code="invalid_json") from error
    if len(data) > MAX_BODY_BYTES:
        raise PayloadTooLarge(
            f"the body has {len(data)} bytes; at most {MAX_BODY_BYTES} are taken. "
            "Send documents with POST /uploads and name them in the input."
        )
    return data


def checked_query(route: Route, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter of the route, with defaults; raise InvalidInput that names each wrong one."""
    known = {query.name: query for query in route.query}
    unknown = sorted(set(raw) - set(known))
    if unknown:
        accepted = ", ".join(known) or "none"
        raise InvalidInput(
            f"unknown query parameter {unknown[0]!r}; this route knows: {accepted}",
            code="unknown_parameter",
            errors=[{"field": name, "message": f"unknown; this route knows: {accepted}"} for name in unknown],
        )
    values: dict[str, Any] = {}
    errors: list[dict[str, str]] = []
    for name, query in known.items():
        values[name] = query.default
        if raw.get(name) is not None:
            value, complaint = _query_value(query, str(raw[name]))
            values[name] = value
            if complaint:
                errors.append({"field": name, "message": complaint})
    if errors:
        detail = "; ".join(f"{item['field']} {item['message']}" for item in errors)
        raise InvalidInput(detail, code="invalid_parameter", errors=errors)
    return values


def _query_value(query: Query, text: str) -> tuple[str | int | None, str | None]:
    if query.type == "string":
        if query.choices and text not in query.choices:
            return None, f"must be one of {', '.join(query.choices)}"
        return (text, None) if text else (None, "must not be empty")
    low, high = query.minimum, query.maximum
    bounds = f"from {low} to {high}" if high is not None else f"of at least {low}"
    # Ten digits are more than any bound needs; int() of a longer text could be made to take long.
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return None, f"must be a whole number {bounds}"
    value = int(text)
    if (low is not None and value < low) or (high is not None and value > high):
        return None, f"must be a whole number {bounds}"
    return value, None


def path_number(request: Request, name: str) -> int:
    """Return a path parameter that must be a number from 1 on."""
    text = request.params[name]
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise InvalidInput(
            f"{name} must be a whole number of at least 1",
            code="invalid_parameter",
            errors=[{"field": name, "message": "must be a whole number of at least 1"}],
        )
    return int(text)


def unexpected(error: Exception) -> bool:
    """Say whether an error is a bug (to be logged with its stack) rather than an answer."""
    return not isinstance(error, HeddleError)
