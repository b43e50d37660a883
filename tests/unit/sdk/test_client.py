"""The client against a transport that answers as the API does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from heddle_sdk import Client
from heddle_sdk.client import find_stage_file
from heddle_sdk.documents import id_from_name, media_type_of
from heddle_sdk.errors import (
    ConnectionFailed,
    InvalidRequest,
    NotFound,
    RunNotSucceeded,
    ServerError,
    WaitTimedOut,
)

Answer = Callable[[httpx.Request], httpx.Response]


class Api:
    """Answers with what is queued for a method and path; remembers what was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: dict[tuple[str, str], list[httpx.Response | Exception]] = {}
        self.slept: list[float] = []

    def on(self, method: str, path: str, *answers: Any) -> None:
        self.answers[(method, path)] = [
            a if isinstance(a, httpx.Response | Exception) else httpx.Response(200, json=a) for a in answers
        ]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        queue = self.answers[(request.method, request.url.path)]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, **options: Any) -> Client:
        client = Client(
            "http://heddle/api/",
            http=httpx.Client(transport=httpx.MockTransport(self)),
            **({"api_key": "hdl_k"} | options),
        )
        client._transport.sleep = self.slept.append
        return client


@pytest.fixture
def api() -> Api:
    return Api()


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "detail": f"because {code}", "correlation_id": "c-1", **more})


def run(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "r1", "workflow_id": "w", "workflow_version": 2, "status": status, "nodes": [], **more}


def test_every_request_carries_the_key_and_a_correlation_id(api: Api) -> None:
    api.on("GET", "/api/me", {"tenant": "demo", "principal": "key:1", "roles": ["admin"], "something_new": 1})

    me = api.client().me()

    assert (me.tenant, me.roles, me.raw["something_new"]) == ("demo", ("admin",), 1)
    assert api.requests[0].headers["X-Api-Key"] == "hdl_k"
    assert api.requests[0].headers["X-Correlation-Id"].startswith("sdk-")


def test_lists_fetch_page_after_page_as_they_are_read(api: Api) -> None:
    pages = [{"items": [{"id": "a"}, {"id": "b"}], "cursor": "next"}, {"items": [{"id": "c"}], "cursor": None}]
    api.on("GET", "/api/workflows", *pages)

    found = [workflow.id for workflow in api.client().workflows.list(limit=2)]

    assert found == ["a", "b", "c"]
    assert api.requests[1].url.params["cursor"] == "next"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out(api: Api, status: int) -> None:
    api.on("GET", "/api/runs/r1", problem(status, "busy"), problem(status, "busy"), run("succeeded"))

    assert api.client().runs.get("r1").status == "succeeded"
    assert len(api.slept) == 2


def test_retry_after_is_obeyed(api: Api) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "7"}, json={"code": "too_many"})
    api.on("GET", "/api/runs/r1", busy, run("running"))

    api.client().runs.get("r1")

    assert api.slept == [7.0]


def test_starting_a_run_is_repeated_under_one_idempotency_key(api: Api) -> None:
    started = {"run_id": "r1", "status": "queued", "mode": "standard", "workflow_id": "w"}
    api.on(
        "POST",
        "/api/workflows/w/execute",
        httpx.ReadTimeout("slow"),
        problem(502, "bad"),
        httpx.Response(202, json=started),
    )

    begun = api.client().runs.start("w", {"a": 1})

    keys = {request.headers["Idempotency-Key"] for request in api.requests}
    assert begun.id == "r1"
    assert len(api.requests) == 3 and len(keys) == 1
    assert json.loads(api.requests[0].content) == {"input": {"a": 1}}


def test_a_post_without_a_key_is_not_repeated_when_nobody_knows_whether_it_was_done(api: Api) -> None:
    api.on("POST", "/api/workflows", httpx.ReadTimeout("slow"))

    with pytest.raises(ConnectionFailed):
        api.client().workflows.save({"name": "x", "nodes": []})

    assert len(api.requests) == 1


def test_nobody_there_is_connection_failed_after_the_retries(api: Api) -> None:
    api.on("GET", "/api/me", httpx.ConnectError("refused"))

    with pytest.raises(ConnectionFailed, match="nobody answers at http://heddle/api"):
        api.client(retries=2).me()

    assert len(api.requests) == 3


def test_errors_are_of_the_class_of_their_status_and_keep_what_the_api_said(api: Api) -> None:
    api.on("GET", "/api/runs/absent", problem(404, "not_found"))
    broken = {"code": "invalid_workflow", "problems": [{"code": "WF_CYCLE_DETECTED", "message": "a → b → a"}]}
    api.on("POST", "/api/workflows", httpx.Response(422, json=broken))
    api.on("GET", "/api/me", httpx.Response(500, text="<html>oops"))

    with pytest.raises(NotFound) as absent:
        api.client().runs.get("absent")
    with pytest.raises(InvalidRequest) as refused:
        api.client().workflows.save({"name": "x"})
    with pytest.raises(ServerError) as failed:
        api.client(retries=0).me()

    assert (absent.value.code, absent.value.correlation_id) == ("not_found", "c-1")
    assert refused.value.problems[0]["code"] == "WF_CYCLE_DETECTED"
    assert failed.value.code == "http_500"


def test_a_user_is_signed_in_once_and_renewed_when_the_token_no_longer_holds(api: Api) -> None:
    first = {"access_token": "t1", "refresh_token": "f1", "expires_in": 3600}
    api.on("POST", "/api/login", first)
    api.on("POST", "/api/refresh", {"access_token": "t2", "refresh_token": "f2", "expires_in": 3600})
    who = {"tenant": "demo", "principal": "user:1"}
    api.on("GET", "/api/me", who, problem(401, "token_expired"), who)
    client = api.client(api_key=None, user="u", password="p")

    client.me()
    client.me()

    paths = [request.url.path for request in api.requests]
    assert paths == ["/api/login", "/api/me", "/api/me", "/api/refresh", "/api/me"]
    assert api.requests[-1].headers["Authorization"] == "Bearer t2"
    assert json.loads(api.requests[3].content) == {"refresh_token": "f1"}


def test_waiting_looks_until_the_run_has_ended(api: Api) -> None:
    api.on("GET", "/api/runs/r1", run("running"), run("running"), run("succeeded", output={"x": 1}))

    ended = api.client().runs.get("r1").wait(60)

    assert ended.output == {"x": 1}
    assert api.slept == sorted(api.slept)


def test_waiting_ends_in_time_and_the_run_goes_on(api: Api) -> None:
    api.on("GET", "/api/runs/r1", run("running"))

    with pytest.raises(WaitTimedOut, match="it goes on"):
        api.client().runs.get("r1").wait(0)


def test_the_result_of_a_failed_run_is_an_error_that_says_why(api: Api) -> None:
    api.on("GET", "/api/runs/r1", run("failed", error={"code": "http_status", "message": "answered 500"}))

    with pytest.raises(RunNotSucceeded, match="run r1 failed: answered 500") as failed:
        api.client().runs.get("r1").result()

    assert failed.value.code == "http_status"


def test_large_values_are_fetched_where_the_result_refers_to_them(api: Api) -> None:
    reference = {"$ref": {"key": "demo/payloads/1", "sha256": "…", "bytes": 40_000}}
    api.on("GET", "/api/runs/r1", run("succeeded", output={"big": reference, "small": [1]}))
    api.on("GET", "/api/runs/r1/payload", {"text": "long"})

    result = api.client().runs.get("r1").result()

    assert result == {"big": {"text": "long"}, "small": [1]}
    assert api.requests[-1].url.params["key"] == "demo/payloads/1"


def test_following_events_ends_with_the_run_and_never_repeats_one(api: Api) -> None:
    def page(*events: tuple[int, str]) -> dict[str, Any]:
        return {"items": [{"id": str(v), "version": v, "type": t, "data": {}} for v, t in events], "more": False}

    api.on("GET", "/api/runs/r1", run("running"))
    api.on(
        "GET", "/api/runs/r1/events", page((1, "RunRequested")), page(), page((2, "RunStarted"), (3, "RunSucceeded"))
    )

    seen = [event.version for event in api.client().runs.get("r1").events(follow=True)]

    assert seen == [1, 2, 3]
    assert [r.url.params["after"] for r in api.requests[1:]] == ["0", "1", "1"]


def test_running_a_document_saves_it_only_if_it_changed(api: Api) -> None:
    document = {"name": "My Flow!", "nodes": []}
    api.on("GET", "/api/workflows/my-flow", problem(404, "not_found"), {"id": "my-flow", "document": document})
    api.on("PUT", "/api/workflows/my-flow", {"id": "my-flow", "version": 1})
    client = api.client()

    first, second = client.workflows.ensure(document), client.workflows.ensure(document)

    assert first == second == "my-flow"
    assert [request.method for request in api.requests] == ["GET", "PUT", "GET"]


def test_approvals_and_keys_are_posted_as_the_api_wants_them(api: Api) -> None:
    api.on("POST", "/api/approvals/r1.ask", {"decision": "approve"})
    api.on("POST", "/api/api-keys", httpx.Response(201, json={"id": "k1", "key": "hdl_k1_secret"}))

    api.client().approvals.decide("r1.ask", "approve", "fine")
    made = api.client().api_keys.create("ci", role="editor", scopes=("runs:write",))

    assert json.loads(api.requests[0].content) == {"decision": "approve", "comment": "fine"}
    assert made.key == "hdl_k1_secret"


def test_an_approval_says_what_is_asked(api: Api) -> None:
    waiting = {"id": "r1.ask", "run_id": "r1", "node_id": "ask", "message": "Spend 900?", "details": {"amount": 900}}
    api.on("GET", "/api/approvals", {"items": [waiting], "cursor": None})

    (found,) = api.client().approvals.list()

    assert (found.message, found.details) == ("Spend 900?", {"amount": 900})


def test_names_become_ids_and_file_names_media_types() -> None:
    assert id_from_name("Research brief: Q3 / 2026") == "research-brief-q3-2026"
    assert id_from_name("???") == "workflow"
    assert media_type_of("a.MD") == "text/markdown"
    assert media_type_of("a.pdf") == "application/pdf"
    assert media_type_of("a.unheard-of") == "application/octet-stream"


def test_the_stage_file_is_found_above_or_where_heddle_home_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEDDLE_HOME", raising=False)
    (tmp_path / ".heddle").mkdir()
    (tmp_path / ".heddle" / "stage.json").write_text('{"api_url": "http://x/api", "api_key": "hdl_1"}')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")

    assert Client.from_stage_file().base_url == "http://x/api"

    monkeypatch.setenv("HEDDLE_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError, match="heddle up"):
        find_stage_file()
