"""The whole API in this process: HTTP-like calls go through the real authorizer and handler, over stores in memory.

stage = ApiStage()
ada = stage.user("ada", tenant="acme", roles=("editor",))
answer = ada.post("/workflows", {"name": …})
answer.status, answer.json
"""

import itertools
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from heddle.application.identity.api_keys import CheckApiKey
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.application.ports.runs import NodeRecord, RunSummary
from heddle.application.projections.runs import node_of, project
from heddle.domain.events.envelope import StreamId
from heddle.runtime.api.app import Api
from heddle.runtime.api.ports import ApiSettings
from heddle.runtime.api.routes.route import Route
from heddle.runtime.api.routes.table import BY_NAME, ROUTES
from heddle.runtime.api.services import Services
from heddle.runtime.authorizer import Unauthorized, authorize
from heddle.runtime.logging import logger
from heddle.testing.api_ports import CLIENT_ID, ISSUER, MemoryPorts

METHOD_ARN = "arn:aws:execute-api:us-east-1:000000000000:a1b2c3d4/api"


@dataclass(frozen=True)
class ApiAnswer:
    """What came back. Header names are lower-cased."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass
class ApiStage:
    """A stage of its own: stores, user pool, authorizer, handler."""

    settings: ApiSettings = field(default_factory=lambda: ApiSettings(stage="test", version="0.1.0"))

    def __post_init__(self) -> None:
        logger()  # it writes to what standard output is at its first use: not to that of a command under test
        ids = itertools.count(1)
        self.ports = MemoryPorts(self.now)
        self.services = Services(
            ports=self.ports,
            settings=self.settings,
            now=self.now,
            new_id=lambda: f"01TEST{next(ids):020d}",
            new_secret=lambda: f"{random.getrandbits(256):064x}",
            sleep=lambda seconds: None,
            monotonic=time.monotonic,
        )
        self.api = Api(self.services)
        self.refused: list[dict[str, Any]] = []
        self.authenticate = Authenticate(
            CheckToken(self.ports.tokens, ISSUER, CLIENT_ID), CheckApiKey(self.ports.api_keys, self.now)
        )

    def now(self) -> datetime:
        """Return the stage's time: the real one, moved by what `pass_time` added."""
        return datetime.now(UTC) + self._passed

    _passed: timedelta = timedelta()

    def pass_time(self, delta: timedelta) -> None:
        """Move the stage's clock."""
        self._passed += delta

    def user(self, name: str, *, tenant: str, roles: tuple[str, ...] = ("viewer",)) -> "Caller":
        """Add a user and return a caller who is logged in."""
        self.ports.tokens.add_user(name, f"password of {name}", tenant=tenant, roles=roles)
        token = self.ports.tokens.login(name, f"password of {name}").access_token
        return Caller(self, {"Authorization": f"Bearer {token}"})

    def anyone(self, **headers: str) -> "Caller":
        """Return a caller with just these headers (`_` for `-`)."""
        return Caller(self, {name.replace("_", "-"): value for name, value in headers.items()})

    def project(self, tenant: str, run_id: str) -> None:
        """Bring the read model of a run up to its history, as the projection does behind the bus."""
        summary: RunSummary | None = None
        nodes: dict[str, NodeRecord] = {}
        for event in self.ports.events.read(StreamId(tenant, "run", run_id)).events:
            node_id = node_of(event)
            summary, node = project(summary, nodes.get(node_id or ""), event)
            if node is not None:
                nodes[node.node_id] = node
        assert summary is not None, "there is no such run"
        self.ports.runs.apply(
            summary, tuple(nodes.values()), expected_position=self.ports.runs.position(tenant, run_id)
        )

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: str | None) -> ApiAnswer:
        """Do what API Gateway does: authorise every route that is not public, then call the handler."""
        parts = urlsplit(path)
        event: dict[str, Any] = {
            "resource": "/{proxy+}",
            "path": parts.path,
            "httpMethod": method,
            "headers": dict(headers),
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": dict(parse_qsl(parts.query, keep_blank_values=True)) or None,
            "multiValueQueryStringParameters": None,
            "pathParameters": {"proxy": parts.path.lstrip("/")},
            "requestContext": {"stage": "api", "httpMethod": method, "identity": {"sourceIp": "192.0.2.1"}},
            "body": body,
            "isBase64Encoded": False,
        }
        if not _public(method, parts.path):
            try:
                policy = authorize({**event, "methodArn": f"{METHOD_ARN}/{method}{parts.path}"}, self._check, self._log)
            except Unauthorized:
                return ApiAnswer(401, {"content-type": "application/json"}, '{"message":"Unauthorized"}')
            event["requestContext"]["authorizer"] = policy["context"]
        answer = self.api.handle(event, None)
        merged = {name.lower(): ", ".join(values) for name, values in answer["multiValueHeaders"].items()}
        return ApiAnswer(answer["statusCode"], merged, answer["body"] or "")

    def _check(self, headers: Mapping[str, str]) -> Any:
        return self.authenticate(headers)

    def _log(self, message: str, **facts: Any) -> None:
        self.refused.append({"message": message, **facts})


@dataclass(frozen=True)
class Caller:
    """Someone who calls the API, always with the same headers."""

    stage: ApiStage
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """Call; a body that is not text is sent as JSON. Keyword names are header names with `_` for `-`."""
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.stage.send(method, path, headers={**self.headers, **named}, body=text)

    def get(self, path: str, **headers: str) -> ApiAnswer:
        """GET."""
        return self.call("GET", path, None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """POST."""
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """PUT."""
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> ApiAnswer:
        """PATCH."""
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> ApiAnswer:
        """DELETE."""
        return self.call("DELETE", path, None, **headers)


def _public(method: str, path: str) -> bool:
    """Say whether the gateway lets this through without asking the authorizer: the public routes, and OPTIONS."""
    if method == "OPTIONS":
        return True
    bare = path.removeprefix("/api").removeprefix("/v1").rstrip("/") or "/"
    return any(route.method == method and _matches(route, bare) for route in ROUTES if route.role == "public")


def _matches(route: Route, path: str) -> bool:
    wanted, given = route.path.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == found for part, found in zip(wanted, given, strict=True)
    )


def route_path(name: str, **params: str) -> str:
    """Return the path of a route with its parameters filled in."""
    return BY_NAME[name].path.format(**params)
