"""The http node, against a real server on this machine."""

import time
from typing import Any

import pytest

from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.http import HttpNode
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from tests.unit.heddle.adapters.nodes.local_server import LocalServer

SECRET = "s3cr3t-t0ken-value"


def run(server: LocalServer, path: str, seconds: float = 10.0, **config: Any) -> NodeResult:
    config = {"url": f"http://127.0.0.1:{server.port}{path}", **config}
    task = NodeTask("acme", "run-1", "call", 1, "http", config, seconds, "acme/run-1/call/1", "corr-1")
    return HttpNode(GuardedClient("127.0.0.1,localhost"))(task)


def failure(server: LocalServer, path: str, **config: Any) -> NodeError:
    with pytest.raises(NodeError) as caught:
        run(server, path, **config)
    return caught.value


def test_json_comes_as_a_value(server: LocalServer) -> None:
    output = run(server, "/a?b=1", query={"c": ["x y", 2], "d": None, "e": True}).output

    assert output["status"] == 200
    assert output["body"] == {"path": "/a?b=1&c=x+y&c=2&e=true"}
    assert (output["encoding"], output["media_type"]) == ("json", "application/json")
    assert output["url"] == f"http://127.0.0.1:{server.port}/a"
    assert output["duration_ms"] > 0


@pytest.mark.parametrize(
    ("config", "media_type", "body"),
    [
        ({"json": {"ä": [1, None]}}, "application/json", '{"ä": [1, null]}'.encode()),
        ({"text": "hello"}, "text/plain; charset=utf-8", b"hello"),
        ({"form": {"a": "1 2", "b": ["x", "y"]}}, "application/x-www-form-urlencoded", b"a=1+2&b=x&b=y"),
        ({"text": "<a/>", "headers": {"content-type": "application/xml"}}, "application/xml", b"<a/>"),
    ],
)
def test_a_body_is_sent_as_it_was_given(
    server: LocalServer, config: dict[str, Any], media_type: str, body: bytes
) -> None:
    run(server, "/", method="POST", **config)

    method, _, headers, sent = server.seen[0]
    assert (method, headers["content-type"], sent) == ("POST", media_type, body)


def test_correlation_id_and_idempotency_key_go_along(server: LocalServer) -> None:
    run(server, "/")

    headers = server.seen[0][2]
    assert headers["x-correlation-id"] == "corr-1"
    assert headers["idempotency-key"] == "acme/run-1/call/1"


@pytest.mark.parametrize(
    ("method", "status", "retryable"),
    [
        ("GET", 404, False),
        ("GET", 408, True),
        ("GET", 429, True),
        ("GET", 500, True),
        ("DELETE", 503, True),
        ("POST", 429, True),
        ("POST", 500, False),
        ("PATCH", 503, False),
    ],
)
def test_a_bad_status_is_retryable_where_repeating_does_no_harm(
    server: LocalServer, method: str, status: int, retryable: bool
) -> None:
    error = failure(server, f"/status/{status}", method=method)

    assert (error.code, error.details["status"], error.retryable) == ("http_status", status, retryable)
    assert error.details["retry_after"] == 3.0
    assert error.details["body"] == '{"why": "so"}'


def test_the_user_says_which_statuses_count(server: LocalServer) -> None:
    assert run(server, "/status/404", expect=[200, 404]).output["status"] == 404
    assert failure(server, "/status/201", expect=[200]).code == "http_status"
    assert failure(server, "/status/500", method="POST", retry_on=[500]).retryable


def test_credentials_never_come_back(server: LocalServer) -> None:
    result = run(server, "/echo", headers={"Authorization": f"Bearer {SECRET}", "X-Api-Key": f"{SECRET}2"})

    assert server.seen[0][2]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(result)
    assert "set-cookie" not in result.output["headers"]


def test_credentials_do_not_follow_a_redirect_to_another_origin(server: LocalServer) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "X-Api-Key": SECRET, "Accept": "text/x"}

    run(server, f"/redirect/302?to=http://localhost:{server.port}/there", headers=headers)
    run(server, "/redirect/302?to=/there", headers=headers)

    other, same = server.seen[1][2], server.seen[3][2]
    assert SECRET not in str(other)
    assert other["accept"] == "text/x"
    assert same["x-api-key"] == SECRET


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_redirects_keep_or_change_the_method_as_http_says(server: LocalServer, status: int, method: str) -> None:
    run(server, f"/redirect/{status}?to=/there", method="POST", text="x")

    assert (server.seen[1][0], server.seen[1][3]) == (method, b"x" if method == "POST" else b"")


def test_redirects_have_an_end(server: LocalServer) -> None:
    path = "/redirect/302?to=" + "/redirect/302?to=" * 6
    assert failure(server, path).code == "http_too_many_redirects"
    assert run(server, "/redirect/302?to=/x", follow_redirects=0).output["status"] == 302


def test_a_body_over_the_limit_ends_the_exchange(server: LocalServer) -> None:
    assert run(server, "/bytes/1000", max_bytes=1000).output["bytes"] == 1000
    for path in ("/bytes/1001", "/endless", "/bomb/50000000"):
        error = failure(server, path, max_bytes=1000)
        assert (error.code, error.retryable) == ("http_too_large", False)


def test_a_packed_body_is_unpacked(server: LocalServer) -> None:
    assert run(server, "/bomb/5000").output["body"] == "x" * 5000


@pytest.mark.parametrize("path", ["/silent", "/drip", "/drip-header"])
def test_a_server_that_drips_is_ended_by_the_deadline(server: LocalServer, path: str) -> None:
    began = time.monotonic()

    error = failure(server, path, timeout=0.4)

    assert error.code == "http_timeout"
    assert time.monotonic() - began < 20  # the server would go on for ever


def test_the_attempt_itself_is_a_deadline(server: LocalServer) -> None:
    with pytest.raises(NodeError, match="in time") as caught:
        run(server, "/silent", seconds=0.3)

    assert caught.value.retryable


@pytest.mark.parametrize(
    ("path", "code"), [("/short", "http_unreachable"), ("/hang-up", "http_unreachable"), ("/nonsense", "http_protocol")]
)
def test_a_broken_answer_is_told_from_a_bad_one(server: LocalServer, path: str, code: str) -> None:
    assert failure(server, path).code == code


def test_a_post_that_may_have_arrived_is_not_repeated_by_itself(server: LocalServer) -> None:
    assert failure(server, "/hang-up").retryable
    assert not failure(server, "/hang-up", method="POST").retryable
    assert not failure(server, "/silent", method="POST", timeout=0.3).retryable


def test_nobody_listening_is_unreachable_and_worth_another_try(server: LocalServer) -> None:
    error = failure(server, "/", url="http://127.0.0.1:9/", method="POST")

    assert (error.code, error.retryable) == ("http_unreachable", True)


def test_plain_http_behind_https_is_a_tls_error(server: LocalServer) -> None:
    assert failure(server, "/", url=f"https://127.0.0.1:{server.port}/").code in ("http_tls", "http_unreachable")


@pytest.mark.parametrize(
    "config",
    [
        {"headers": {"Host": "x"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"X": f"{SECRET}\r\nY: z"}},
        {"headers": {"a b": SECRET}},
        {"headers": "x"},
        {"method": "TRACE"},
        {"timeout": -1},
        {"max_bytes": "many"},
        {"json": 1, "text": "x"},
        {"form": {"a": {"b": 1}}},
        {"url": None},
        {"expect": "200"},
    ],
)
def test_a_config_that_cannot_be_used_names_its_field(server: LocalServer, config: dict[str, Any]) -> None:
    error = failure(server, "/", **config)

    assert error.code == "node_config_invalid"
    assert error.details["field"]
    assert SECRET not in f"{error} {error.details}"
    assert server.seen == []


def test_what_claims_to_be_json_and_is_not_comes_as_text_unless_json_was_asked_for(server: LocalServer) -> None:
    server.documents["/x"] = ("application/json", b"{not json")

    assert run(server, "/x").output["body"] == "{not json"
    assert failure(server, "/x", response="json").code == "http_bad_body"


def test_other_bytes_come_in_base64(server: LocalServer) -> None:
    server.documents["/x"] = ("image/png", b"\x89PNG")

    output = run(server, "/x").output

    assert (output["body"], output["encoding"]) == ("iVBORw==", "base64")


def test_a_head_request_has_no_body(server: LocalServer) -> None:
    assert run(server, "/bytes/5", method="HEAD").output["body"] is None
