"""The `http` node: one request, its answer as JSON, and every way it can fail as a code of its own."""

import base64
import email.message
import email.utils
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from heddle.adapters.nodes.fetch import Answer, GuardedClient, Request
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
from heddle.domain.nodes.http_methods import METHODS, SAFE_TO_REPEAT
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.records import dataclass

MAX_BYTES = 64 * 1024 * 1024
DEFAULT_MAX_BYTES = 10 * 1024 * 1024
USER_AGENT = "Heddle/0.1"

# Of a POST these say that it was not done; of a 500 or 503 nobody knows.
_REFUSED = frozenset({425, 429})
_TRANSIENT = frozenset({408, 425, 429})
# The connection and the message's frame are ours: with these a request could be smuggled, or sent to another host.
_OURS = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade"}
)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SENSITIVE = re.compile(r"auth|cookie|key|token|secret|password|signature|credential", re.IGNORECASE)
_TEXTUAL = re.compile(r"text/.*|application/(?:.*\+)?(?:xml|javascript|x-www-form-urlencoded|yaml|graphql|x-ndjson)")
_JSON = re.compile(r"application/(?:.*\+)?json|text/json")
_EXCERPT = 500

Hider = Callable[[str], str]
"""Gives a text with every credential of the request replaced by ***."""


@dataclass(frozen=True, slots=True)
class HttpNode:
    """Runs `http` nodes. Header values never appear in outputs or errors, not even when the server sends them back."""

    client: GuardedClient

    def __call__(self, task: NodeTask) -> NodeResult:
        """Send the request. Raises the NodeErrors of `GuardedClient.send`, and http_status and http_bad_body."""
        config = task.config
        request = _request(task)
        rules = _Rules.of(config)
        answer = self.client.send(
            request,
            timeout=min(number_field(config, "timeout", 30.0, low=0.001, high=840.0), task.timeout),
            max_bytes=integer_field(config, "max_bytes", DEFAULT_MAX_BYTES, low=1, high=MAX_BYTES),
            follow_redirects=integer_field(config, "follow_redirects", 5, low=0, high=5),
        )
        hide = _hider(request.headers)
        _check_status(rules, request.method, answer, hide)
        return NodeResult(_output(rules, answer, hide), usage={"latency_ms": answer.duration_ms})


def _request(task: NodeTask) -> Request:
    config = task.config
    method = choice_field(config, "method", METHODS, "GET")
    body, media_type = _body(config)
    headers = {
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "X-Correlation-ID": task.correlation_id,
        "Idempotency-Key": task.idempotency_key,
    }
    if media_type:
        headers["Content-Type"] = media_type
    given = _headers(config)
    lower = {name.lower() for name in given}
    headers = {name: value for name, value in headers.items() if name.lower() not in lower} | given
    return Request(url=_url(config), method=method, headers=headers, body=body)


def _headers(config: Mapping[str, Any]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in object_field(config, "headers").items():
        if value is None:
            continue
        if not _HEADER_NAME.fullmatch(str(name)):
            raise invalid("headers", "holds a name that HTTP does not allow")
        if str(name).lower() in _OURS:
            raise invalid("headers", f"must not set {name}")
        text = as_text(value).strip()
        if any((ord(letter) < 32 and letter != "\t") or ord(letter) == 127 for letter in text):
            raise invalid("headers", f"gives {name} a value with a line break or control character")
        # Header values are bytes; whatever is not ASCII is sent as UTF-8, which http.client writes as Latin-1.
        headers[str(name)] = text.encode("utf-8", "replace").decode("latin-1")
    return headers


def _url(config: Mapping[str, Any]) -> str:
    url = text_field(config, "url")
    query = _pairs("query", object_field(config, "query"))
    if not query:
        return url
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return url  # the client says what is wrong with it
    return urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(query)]))))


def _pairs(name: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value pairs: a list repeats its name, null leaves it out."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Mapping | list | tuple):
                raise invalid(f"{name}.{key}", f"must be text, a number or a list of them, but holds {kind(one)}")
            if one is not None:
                pairs.append((str(key), as_text(one)))
    return pairs


def _body(config: Mapping[str, Any]) -> tuple[bytes | None, str]:
    given = [name for name in ("json", "text", "form") if config.get(name) is not None]
    if len(given) > 1:
        raise invalid(given[1], f"and `{given[0]}` cannot both be the body")
    if not given:
        return None, ""
    if given[0] == "json":
        return json.dumps(config["json"], ensure_ascii=False).encode("utf-8", "replace"), "application/json"
    if given[0] == "text":
        return text_field(config, "text", "").encode("utf-8", "replace"), "text/plain; charset=utf-8"
    form = urlencode(_pairs("form", object_field(config, "form")))
    return form.encode("ascii"), "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Rules:
    """What to make of the answer; read before anything is sent, so that a mistake in it has no effects."""

    expect: list[int] | None
    retry_on: list[int] | None
    response: str

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "_Rules":
        """Read the rules from the config."""
        response = choice_field(config, "response", ("auto", "json", "text", "base64"), "auto")
        return cls(_statuses(config, "expect"), _statuses(config, "retry_on"), response)


def _check_status(rules: _Rules, method: str, answer: Answer, hide: Hider) -> None:
    """Raise NodeError `http_status` unless the status counts as success."""
    status = answer.status
    if status in rules.expect if rules.expect is not None else 200 <= status < 400:
        return
    if rules.retry_on is not None:
        retryable = status in rules.retry_on
    elif method in SAFE_TO_REPEAT:
        retryable = status in _TRANSIENT or status >= 500
    else:
        retryable = status in _REFUSED
    details: dict[str, Any] = {"status": status, "url": answer.url}
    if (wait := retry_after(answer.headers)) is not None:
        details["retry_after"] = wait
    if _encoding(rules, answer) != "base64" and answer.body:
        details["body"] = hide(_decode(answer)[:_EXCERPT])
    raise NodeError(f"{answer.url} answered {status}", code="http_status", retryable=retryable, **details)


def _statuses(config: Mapping[str, Any], name: str) -> list[int] | None:
    if config.get(name) is None:
        return None
    values = list_field(config, name)
    if any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        raise invalid(name, "must hold statuses, such as 200")
    return list(values)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait: a number, or a date (RFC 9110, 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, round((moment - datetime.now(UTC)).total_seconds(), 3))


def _output(rules: _Rules, answer: Answer, hide: Hider) -> dict[str, Any]:
    encoding: str | None = _encoding(rules, answer)
    body: Any = None
    if not answer.body:
        encoding = None
    elif encoding == "base64":
        body = base64.b64encode(answer.body).decode("ascii")
    else:
        body = hide(_decode(answer))
        if encoding == "json":
            body, encoding = _json(rules, body)
    headers = {name: hide(value) for name, value in answer.headers.items() if name not in ("set-cookie", "set-cookie2")}
    return {
        "status": answer.status,
        "headers": headers,
        "body": body,
        "encoding": encoding,
        "media_type": _media_type(answer),
        "bytes": len(answer.body),
        "url": answer.url,
        "duration_ms": answer.duration_ms,
    }


def _json(rules: _Rules, text: str) -> tuple[Any, str]:
    """Return the value; what calls itself JSON and is not is given as text, unless JSON was asked for."""
    try:
        return orjson.loads(text), "json"
    except ValueError:
        if rules.response == "json":
            raise NodeError("the body is not JSON", code="http_bad_body") from None
        return text, "text"


def _media_type(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _encoding(rules: _Rules, answer: Answer) -> str:
    """Return how to give the body: as asked for, or by its media type."""
    if rules.response != "auto":
        return rules.response
    media_type = _media_type(answer)
    if _JSON.fullmatch(media_type):
        return "json"
    if _TEXTUAL.fullmatch(media_type):
        return "text"
    if media_type:
        return "base64"
    return "base64" if b"\x00" in answer.body else "text"


def _decode(answer: Answer) -> str:
    """Return the body as text, in its declared character set; what does not fit becomes U+FFFD."""
    header = email.message.Message()
    header["content-type"] = answer.headers.get("content-type", "text/plain")
    charset = header.get_content_charset("utf-8")
    try:
        return answer.body.decode(charset, "replace").removeprefix("\ufeff")
    except (LookupError, ValueError):
        return answer.body.decode("utf-8", "replace")


def _hider(headers: Mapping[str, str]) -> Hider:
    """Return what takes the request's credentials out of an answer that echoes them."""
    secrets: set[str] = set()
    for name, value in headers.items():
        if _SENSITIVE.search(name) and name != "Idempotency-Key":
            secrets.update(part for part in (value, value.rpartition(" ")[2]) if len(part) >= 6)
    if not secrets:
        return lambda text: text
    pattern = re.compile("|".join(re.escape(secret) for secret in sorted(secrets, key=len, reverse=True)))
    return lambda text: pattern.sub("***", text)
