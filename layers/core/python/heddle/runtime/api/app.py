"""The API as one callable: a proxy event in, a proxy answer out, with everything in between that all routes share.

event ─► correlation id ─► route (404, 405) ─► principal (401) ─► role and scope (403) ─► query, body (4xx)
      ─► endpoint ─► answer, or the problem that its error stands for ─► security headers, CORS, one log line
"""

import re
import time
from collections.abc import Mapping
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from heddle.application.identity.principal import Principal, from_context
from heddle.errors import Forbidden, HeddleError, InvalidInput, NotFound, Unauthenticated
from heddle.runtime.api import correlation, problems
from heddle.runtime.api.cors import cors_headers
from heddle.runtime.api.endpoints import Endpoint, endpoints
from heddle.runtime.api.http import Reply, Request, body_bytes, checked_query
from heddle.runtime.api.routes.route import Route, role_allows, scope_allows
from heddle.runtime.api.routes.table import ROUTES
from heddle.runtime.api.services import Services
from heddle.runtime.logging import bind, logger

_PREFIX = re.compile(r"^(?:/api)?(?:/v1)?(?=/|$)")
"""The edge may leave its `/api` on the path; `/v1` and `/api/v1` are aliases of every route."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": "no-store",
}


class Api:
    """Built once per sandbox; `handle` answers one event and never raises."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._resolver = APIGatewayRestResolver()
        self._correlation_id = ""
        # The methods of each path, for 405: built from the same table as the resolver's routes.
        self._methods: list[tuple[re.Pattern[str], str]] = []
        functions = endpoints()
        for route in ROUTES:
            self._register(route, functions[route.name])
        self._resolver.not_found(self._unmatched)

    def handle(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        """Answer one API Gateway REST proxy event."""
        started = time.perf_counter()
        headers = _headers(event)
        self._correlation_id, refused = correlation.correlation_id(headers)
        log = bind(None, context)
        log.append_keys(correlation_id=self._correlation_id)
        if refused:
            log.warning("the correlation id was not well formed and was replaced", extra={"header": refused})
        origin = headers.get("origin")
        try:
            path = _PREFIX.sub("", str(event.get("path") or "/"), count=1) or "/"
            if event.get("httpMethod") == "OPTIONS":
                answer: dict[str, Any] = {"statusCode": 204, "body": "", "multiValueHeaders": {}}
            else:
                answer = self._resolver.resolve({**event, "path": path, "headers": headers}, context)
        except Exception as error:
            answer = self._failure(error)
        self._finish(answer, origin)
        log.info(
            "request",
            extra={
                "method": event.get("httpMethod"),
                "path": event.get("path"),
                "status": answer["statusCode"],
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            },
        )
        return answer

    def _register(self, route: Route, function: Endpoint) -> None:
        def call(**params: str) -> Response[Any]:
            return self._answer(route, function, params)

        self._resolver.route(re.sub(r"\{(\w+)\}", r"<\1>", route.path), method=route.method)(call)
        self._methods.append((re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path) + "/*"), route.method))

    def _answer(self, route: Route, function: Endpoint, params: Mapping[str, str]) -> Response[Any]:
        event: dict[str, Any] = self._resolver.current_event.raw_event
        try:
            caller = authorised(route, event)
            if caller:
                logger().append_keys(tenant=caller.tenant, principal=caller.id)
            request = Request(
                route=route,
                params=params,
                query=checked_query(route, _query(event)),
                headers=event["headers"],
                body=body_bytes(event),
                correlation_id=self._correlation_id,
                source_ip=str(((event.get("requestContext") or {}).get("identity") or {}).get("sourceIp") or ""),
                caller=caller,
            )
            return _response(function(self._services, request))
        except Exception as error:
            return self._problem(error)

    def _unmatched(self, _error: Exception) -> Response[Any]:
        event = self._resolver.current_event
        allowed = sorted({method for pattern, method in self._methods if pattern.fullmatch(event.path)})
        if allowed:
            error: HeddleError = InvalidInput(
                f"{event.path} does not know {event.http_method}; it knows {', '.join(allowed)}",
                code="method_not_allowed",
            )
            response = self._problem(error)
            response.headers["Allow"] = ", ".join(allowed)
            return response
        return self._problem(NotFound(f"there is no route {event.path}", code="route_not_found"))

    def _problem(self, error: Exception) -> Response[Any]:
        status, body = problems.problem(error, self._correlation_id)
        if status >= 500:
            logger().error("the request failed", exc_info=error, extra={"code": getattr(error, "code", None)})
        headers: dict[str, str | list[str]] = {}
        if seconds := problems.RETRY_AFTER_SECONDS.get(status):
            headers["Retry-After"] = seconds
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="heddle"'
        return Response(status, problems.MEDIA_TYPE, orjson.dumps(body).decode(), headers)

    def _failure(self, error: Exception) -> dict[str, Any]:
        """Answer an error outside of any route, for example an event that is no proxy event."""
        logger().error("the request could not be read", exc_info=error)
        status, body = problems.problem(error, self._correlation_id)
        return {
            "statusCode": status,
            "body": orjson.dumps(body).decode(),
            "multiValueHeaders": {"Content-Type": [problems.MEDIA_TYPE]},
        }

    def _finish(self, answer: dict[str, Any], origin: str | None) -> None:
        headers: dict[str, list[str]] = answer.setdefault("multiValueHeaders", {})
        for name, value in SECURITY_HEADERS.items():
            headers.setdefault(name, [value])
        headers[correlation.HEADER] = [self._correlation_id]
        for name, value in cors_headers(origin, self._services.settings.cors_origins).items():
            headers[name] = [value]


def authorised(route: Route, event: Mapping[str, Any]) -> Principal | None:
    """Return the caller, if the route needs one: Unauthenticated, or Forbidden by role or scope."""
    if route.role == "public":
        return None
    caller = from_context((event.get("requestContext") or {}).get("authorizer") or {})
    if caller is None:
        raise Unauthenticated("no bearer token and no API key was sent")
    if not role_allows(caller.roles, route.role):
        raise Forbidden(f"{route.method} {route.path} needs the role {route.role}; you have {', '.join(caller.roles)}")
    if not scope_allows(caller.scopes, route.scope):
        raise Forbidden(
            f"{route.method} {route.path} needs the scope {route.scope or '*'}; you have {', '.join(caller.scopes)}",
            code="scope_missing",
        )
    return caller


def _response(reply: Reply) -> Response[Any]:
    headers: dict[str, str | list[str]] = dict(reply.headers)
    if reply.body is None:
        return Response(reply.status, None, "", headers)
    body = reply.body if isinstance(reply.body, str) else orjson.dumps(reply.body, default=str).decode()
    return Response(reply.status, reply.media_type, body, headers)


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Names are lower-cased: HTTP does not tell them apart, and gateways differ in what they send."""
    merged = dict(event.get("headers") or {})
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if values:
            merged.setdefault(name, values[-1])
    return {str(name).lower(): str(value) for name, value in merged.items() if value is not None}


def _query(event: Mapping[str, Any]) -> dict[str, Any]:
    return dict(event.get("queryStringParameters") or {})
