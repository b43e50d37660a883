"""Nobody overwrites what somebody else saved: `If-Match` or `expected_version`, wherever there is a version."""

from typing import Any

import pytest

from heddle.testing.api import ApiAnswer, ApiStage, Caller

WORKFLOW: dict[str, Any] = {"name": "w", "nodes": [{"id": "a", "type": "template", "config": {"template": "x"}}]}
PROVIDER: dict[str, Any] = {"kind": "openai"}
SAVES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "/workflows/w": ({"document": WORKFLOW}, {"document": {**WORKFLOW, "description": "other"}}),
    "/prompts/p": ({"content": "one"}, {"content": "two"}),
    "/budgets/b": ({"limit_usd": "1"}, {"limit_usd": "2"}),
    "/providers/mine": (PROVIDER, {**PROVIDER, "enabled": False}),
}


@pytest.fixture(params=SAVES)
def path(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def admin() -> Caller:
    made = ApiStage().user("ada", tenant="acme", roles=("admin",))
    made.post("/budgets", {"id": "b", "scope": "tenant", "period": "month", "limit_usd": "9"})
    return made


def put(admin: Caller, path: str, body: dict[str, Any], match: str | None = None) -> ApiAnswer:
    return admin.put(path, body, **({} if match is None else {"if_match": match}))


def test_the_etag_of_an_answer_is_what_the_next_save_may_build_on(admin: Caller, path: str) -> None:
    first, second = SAVES[path]
    etag = put(admin, path, first).headers["etag"]

    assert put(admin, path, second, etag).status == 200


def test_a_save_behind_an_older_version_is_refused(admin: Caller, path: str) -> None:
    first, second = SAVES[path]
    old = put(admin, path, first).headers["etag"]
    put(admin, path, second, old)

    refused = put(admin, path, first, old)

    assert (refused.status, refused.json["code"]) == (409, "version_conflict")


@pytest.mark.parametrize(("match", "expected"), [("abc", None), ('"-1"', None), ('"1"', 2)])
def test_what_is_no_version_or_two_is_refused(admin: Caller, path: str, match: str, expected: int | None) -> None:
    body = SAVES[path][0] | ({} if expected is None else {"expected_version": expected})

    refused = put(admin, path, body, match)

    assert (refused.status, refused.json["code"]) == (400, "invalid_header")
    assert refused.json["errors"][0]["field"] == "If-Match"
