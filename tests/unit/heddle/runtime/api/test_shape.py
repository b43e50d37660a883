"""What all answers have in common: correlation ids, headers, problems, CORS, prefixes, health, Swagger UI."""

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.ports import ApiSettings
from heddle.testing.api import ApiStage, Caller

LogLines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("header", ["X-Correlation-ID", "X-Request-ID", "X-Trace-ID", "Correlation-ID", "x-request-id"])
def test_a_correlation_id_comes_back(stage: ApiStage, header: str) -> None:
    answer = stage.anyone().call("GET", "/health", **{header.replace("-", "_"): "job.7_a-b"})

    assert answer.headers["x-correlation-id"] == "job.7_a-b"


@pytest.mark.parametrize("value", ["", "two words", "a" * 129, "ü", "<script>"])
def test_a_malformed_correlation_id_never_comes_back(stage: ApiStage, value: str) -> None:
    answer = stage.anyone().call("GET", "/health", X_Correlation_ID=value)

    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["x-correlation-id"])


def test_the_correlation_id_stands_on_log_lines(stage: ApiStage, log_lines: LogLines) -> None:
    stage.anyone().call("GET", "/health", X_Correlation_ID="find-me")

    assert [(line["correlation_id"], line["status"]) for line in log_lines()] == [("find-me", 200)]


def test_a_refused_correlation_id_is_logged_as_a_warning(stage: ApiStage, log_lines: LogLines) -> None:
    stage.anyone().call("GET", "/health", X_Correlation_ID="two words")

    assert [line["level"] for line in log_lines()] == ["WARNING", "INFO"]


def test_every_answer_has_the_security_headers(viewer: Caller) -> None:
    for answer in (viewer.get("/me"), viewer.get("/nowhere"), viewer.call("OPTIONS", "/me"), viewer.get("/health")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "x-correlation-id" in answer.headers


@pytest.mark.parametrize("prefix", ["", "/api", "/v1", "/api/v1"])
def test_every_prefix_leads_to_the_same_route(viewer: Caller, prefix: str) -> None:
    assert viewer.get(f"{prefix}/me").json["tenant"] == "acme"
    assert viewer.get(f"{prefix}/api-keys").status == 403


def test_an_unknown_path_and_an_unknown_method_are_told_apart(viewer: Caller) -> None:
    path, method = viewer.get("/nowhere"), viewer.call("PATCH", "/workflows/x")

    assert (path.status, path.json["code"]) == (404, "route_not_found")
    assert (method.status, method.json["code"]) == (405, "method_not_allowed")
    assert method.headers["allow"] == "DELETE, GET, PUT"
    assert path.headers["content-type"] == "application/problem+json"


def test_an_unexpected_error_tells_nothing_and_logs_its_stack(
    stage: ApiStage, viewer: Caller, monkeypatch: pytest.MonkeyPatch, log_lines: LogLines
) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret detail of the database")

    monkeypatch.setattr(stage.ports.catalog, "workflows", broken)

    answer = viewer.get("/workflows")

    assert (answer.status, answer.json["code"]) == (500, "internal_error")
    assert "secret" not in answer.body
    assert answer.json["correlation_id"] == answer.headers["x-correlation-id"]
    assert "secret detail of the database" in log_lines()[0]["exception"]


def test_only_listed_origins_may_read_answers() -> None:
    stage = ApiStage(ApiSettings(cors_origins=("https://app.example",)))

    listed = stage.anyone().call("GET", "/health", Origin="https://app.example")
    other = stage.anyone().call("GET", "/health", Origin="https://evil.example")
    preflight = stage.anyone().call("OPTIONS", "/workflows", Origin="https://app.example")

    assert listed.headers["access-control-allow-origin"] == "https://app.example"
    assert "access-control-allow-origin" not in other.headers
    assert (preflight.status, preflight.body) == (204, "")
    assert "DELETE" in preflight.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in preflight.headers["access-control-allow-headers"]


def test_health_answers_anyone(stage: ApiStage) -> None:
    answer = stage.anyone().get("/health")

    assert answer.status == 200
    assert answer.json["status"] == "healthy"


@pytest.mark.parametrize(
    ("ill", "status", "word"),
    [(set(), 200, "healthy"), ({"bus"}, 200, "degraded"), ({"queue", "bus"}, 503, "unhealthy")],
)
def test_detailed_health_tells_what_is_ill_but_not_where_it_lives(
    stage: ApiStage, ill: set[str], status: int, word: str
) -> None:
    stage.ports.ill |= ill

    answer = stage.anyone().get("/health/detailed")

    assert (answer.status, answer.json["status"]) == (status, word)
    checks = answer.json["checks"]
    assert {name for name, check in checks.items() if check["status"] == "unhealthy"} == ill
    assert len(checks) == 8 and all(check["latency_ms"] >= 0 for check in checks.values())
    assert "10.0.0.7" not in answer.body


def test_swagger_ui_needs_no_other_host_and_its_script_is_allowed_by_hash(stage: ApiStage) -> None:
    page = stage.anyone().get("/swagger-ui/")
    script = re.search(r"<script>(.*?)</script>", page.body, re.DOTALL)

    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert script is not None
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]
    assert "http://" not in page.body and "https://" not in page.body
    for name in re.findall(r'"/swagger-ui/([\w.-]+)"', page.body):
        asset = stage.anyone().get(f"/api/v1/swagger-ui/{name}")
        assert asset.status == 200 and len(asset.body) > 1000
    assert stage.anyone().get("/swagger-ui/../secrets").status in (401, 404)


def test_openapi_is_served_to_anyone(stage: ApiStage) -> None:
    answer = stage.anyone().get("/openapi.json")

    assert answer.status == 200
    assert answer.json["openapi"] == "3.1.0"


def test_node_types_come_with_the_schema_of_their_config(viewer: Caller) -> None:
    items = {item["name"]: item for item in viewer.get("/node-types").json["items"]}

    assert {"template", "http", "llm", "approval", "workflow"} <= set(items)
    assert items["http"]["config_schema"]["properties"]["url"]


def test_an_endpoint_that_the_table_does_not_have_cannot_be_registered() -> None:
    with pytest.raises(LookupError, match="not in the table"):
        endpoint("drop_everything")


def test_an_event_that_is_no_proxy_event_is_a_500_and_not_a_crash(stage: ApiStage) -> None:
    answer = stage.api.handle({"nothing": "of the kind"}, None)

    assert answer["statusCode"] in (404, 500)
