"""What should not be sent, sent to a real stage. Every rule by itself is in tests/unit/heddle/runtime/api."""

import base64
import io
import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from reportlab.lib import pdfencrypt
from reportlab.pdfgen import canvas

from heddle_cli.stage.seed import create_user
from heddle_sdk import Client
from heddle_sdk.errors import Conflict, InvalidRequest, NotFound, NotSignedIn
from heddle_sdk.runs import Run
from tests.local.backstage import Backstage, Neighbour, neighbour, statuses

READ = {
    "name": "Read anything",
    "input": {"type": "object", "required": ["document"], "properties": {"document": {"type": "object"}}},
    "nodes": [
        {
            "id": "read",
            "type": "parse",
            "config": {"document": "{{ input.document }}", "passages": False, "max_chars": 30_000_000},
        },
        {"id": "size", "type": "transform", "config": {"value": "{{ nodes.read.output.text | length }}"}},
    ],
    "outputs": {"size": "{{ nodes.size.output }}", "cut": "{{ nodes.read.output.truncated }}"},
}
CALL = {
    "name": "Call anything",
    "nodes": [
        {"id": "call", "type": "http", "config": {"url": "{{ input.url }}"}},
        {"id": "size", "type": "transform", "config": {"value": "{{ nodes.call.output.body | length }}"}},
    ],
    "outputs": {"size": "{{ nodes.size.output }}", "body": "{{ nodes.call.output.body }}"},
}
ENDLESS = {
    "name": "Endless",
    "nodes": [
        {
            "id": "loop",
            "type": "template",
            "config": {"template": "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"},
        }
    ],
}


@pytest.fixture(scope="module")
def server(backstage: Backstage) -> Iterator[Neighbour]:
    """Return a server that the stage allows by its address, so `localhost` stays forbidden."""
    with (
        neighbour() as server,
        backstage.environment("nodes/http", "nodes/parse", HTTP_ALLOWED_HOSTS=server.address),
    ):
        yield server


@pytest.fixture
def stranger(backstage: Backstage, stage: dict[str, str]) -> Iterator[Client]:
    """Return the administrator of another tenant."""
    user, password = "stranger@heddle.local", "Heddle-stranger-1a"
    pool, cognito = backstage.outputs["UserPoolId"], backstage.client("cognito-idp")
    create_user(cognito, pool, user=user, password=password, tenant="stranger", role="admin")
    with Client(stage["api_url"], user=user, password=password) as client:
        yield client


def pdf(**options: Any) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, **options)
    page.drawString(72, 700, "A loom weaves threads into cloth.")
    page.showPage()
    page.save()
    return buffer.getvalue()


def packed(data: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(data).decode()}


def bomb() -> str:
    entities = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    return f"<!DOCTYPE b [<!ENTITY a0 'aaaaaaaaaa'>{entities}]><b>&a9;</b>"


def codes(runs: dict[str, Run]) -> dict[str, Any]:
    """Return the code with which each run failed, or its output."""
    ended = {name: run.wait(60) for name, run in runs.items()}
    return {name: run.error["code"] if run.error else run.output for name, run in ended.items()}


def empty_upload(stage: dict[str, str]) -> dict[str, str]:
    """Upload nothing, without saying beforehand how much it will be."""
    place = httpx.post(
        f"{stage['api_url']}/uploads", json={"filename": "nothing.txt"}, headers={"X-Api-Key": stage["api_key"]}
    ).json()
    assert httpx.put(place["url"], content=b"", headers=place["headers"]).status_code == 200
    return {"object": place["object"]}


def test_each_bad_document_fails_its_run_with_its_code(
    client: Client, server: Neighbour, stage: dict[str, str]
) -> None:
    secret_pdf = pdfencrypt.StandardEncryption("secret", ownerPassword="owner")
    documents: dict[str, tuple[dict[str, str], str]] = {
        "empty": ({"text": ""}, "document_empty"),
        "an upload of no bytes": (empty_upload(stage), "document_empty"),
        "an upload that is not there": ({"object": "demo/uploads/none/x.txt"}, "document_not_found"),
        "a corrupt PDF": (packed(pdf()[:-700]), "document_corrupt"),
        "an encrypted PDF": (packed(pdf(encrypt=secret_pdf)), "document_encrypted"),
        "external entities": (
            {"text": "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>"},
            "document_unsafe",
        ),
        "a billion laughs": ({"text": bomb()}, "document_unsafe"),
        "metadata of the machine": ({"url": "http://169.254.169.254/latest/meta-data/"}, "http_blocked_address"),
        "a name for this machine": (
            {"url": server.url("/echo/x").replace("127.0.0.1", "localhost")},
            "http_blocked_address",
        ),
    }
    workflow = client.workflows.ensure(READ)

    found = codes({name: client.runs.start(workflow, {"document": d}) for name, (d, _) in documents.items()})

    assert found == {name: code for name, (_, code) in documents.items()}
    assert server.seen == []
    with pytest.raises(InvalidRequest, match="bytes"):
        client.uploads.bytes(b"", "nothing.txt")


def test_no_node_reaches_into_the_stage(client: Client, server: Neighbour, stage: dict[str, str]) -> None:
    urls = {
        "metadata of the machine": "http://169.254.169.254/latest/meta-data/",
        "a name for this machine": server.url("/echo/x").replace("127.0.0.1", "localhost"),
        "the stage itself": stage["api_url"] + "/health",
        "another spelling": server.url("/echo/x").replace("127.0.0.1", "2130706433"),
        "IPv6": server.url("/echo/x").replace("127.0.0.1", "[::ffff:127.0.0.1]"),
    }
    workflow = client.workflows.ensure(CALL)

    found = codes({name: client.runs.start(workflow, {"url": url}) for name, url in urls.items()})

    assert set(found.values()) <= {"http_blocked_address", "http_bad_url"}, found
    assert [path for _, path, _ in server.seen if path == "/echo/x"] == []


def test_a_document_of_20_mb_is_uploaded_read_and_handed_on_by_reference(client: Client) -> None:
    line = "The loom weaves threads into cloth, and nobody counts them.\n\n"
    data = (line * (20_000_000 // len(line) + 1)).encode()
    uploaded = client.uploads.bytes(data, "long.txt")

    run = client.run(READ, {"document": uploaded.as_input()}, wait=60)

    assert run.status == "succeeded", run.error
    assert not run.output["cut"]
    assert 19_900_000 < run.output["size"] <= len(data)
    output = next(node.output for node in run.nodes if node.node_id == "read")
    assert output["$ref"]["bytes"] > 20_000_000
    assert len(json.dumps(dict(run.raw))) < 20_000
    assert sum(len(json.dumps(dict(event.raw))) for event in run.events()) < 100_000


def test_a_node_that_returns_5_mb_is_no_problem(client: Client, server: Neighbour) -> None:
    run = client.run(CALL, {"url": server.url("/bytes/5000000")}, wait=60)

    assert run.status == "succeeded", run.error
    assert run.output["$ref"]["bytes"] > 5_000_000
    assert run.resolve(run.output) == {"size": 5_000_000, "body": "x" * 5_000_000}


def test_a_template_that_loops_for_ever_ends(client: Client) -> None:
    run = client.run(ENDLESS, wait=60)

    assert (run.status, run.error and run.error["code"]) == ("failed", "expression_fuel_exhausted")
    assert statuses(run) == {"loop": "failed"}


def test_broken_definitions_are_refused_with_the_code_of_the_rule(client: Client) -> None:
    def text(node: str, template: str = "x", **fields: Any) -> dict[str, Any]:
        return {"id": node, "type": "template", "config": {"template": template}, **fields}

    router = {"id": "r", "type": "router", "config": {"rules": [{"branch": "yes", "when": True}]}}
    broken: dict[str, tuple[dict[str, Any], str]] = {
        "cyclic": ({"nodes": [text("a", after=["b"]), text("b", after=["a"])]}, "WF_CYCLE_DETECTED"),
        "unreachable": (
            {"nodes": [router, text("a")], "edges": [{"from": "r", "to": "a", "branch": "no"}]},
            "WF_UNREACHABLE_NODES",
        ),
        "unknown node type": ({"nodes": [{"id": "a", "type": "quantum"}]}, "WF_UNKNOWN_NODE_TYPE"),
        "unknown reference": ({"nodes": [text("a", "{{ nodes.b.output }}")]}, "WF_UNKNOWN_REFERENCE"),
        "duplicate id": ({"nodes": [text("a"), text("a")]}, "WF_DUPLICATE_NODE_ID"),
        "1,001 nodes": ({"nodes": [text(f"n{n}") for n in range(1001)]}, "WF_TOO_MANY_NODES"),
        "undeclared name": ({"nodes": [text("a", "{{ inptu.x }}")]}, "WF_UNDECLARED_NAME"),
    }

    for name, (document, code) in broken.items():
        with pytest.raises(InvalidRequest) as refused:
            client.workflows.save({"name": "broken", **document})
        assert refused.value.code == "invalid_workflow", name
        assert code in {problem["code"] for problem in refused.value.problems}, name
        assert not client.validate({"name": "broken", **document}).valid


def test_bodies_that_are_not_what_they_should_be_are_named(client: Client, stage: dict[str, str]) -> None:
    workflow = client.workflows.ensure(READ)
    path, key = f"{stage['api_url']}/workflows/{workflow}/execute", {"X-Api-Key": stage["api_key"]}

    no_json = httpx.post(path, content=b"{'input':", headers={**key, "Content-Type": "application/json"})
    unknown = httpx.post(path, json={"input": {}, "inptu": 1}, headers=key)
    breaks = httpx.post(path, json={"input": {"document": 7}}, headers=key)

    assert (no_json.status_code, no_json.json()["code"]) == (400, "invalid_json")
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (400, "inptu")
    assert (breaks.status_code, breaks.json()["code"]) == (400, "invalid_input")
    for answer in (no_json, unknown, breaks):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["correlation_id"] == answer.headers["x-correlation-id"]


def test_a_key_used_for_something_else_and_a_deleted_workflow_are_conflicts(client: Client) -> None:
    saved = client.workflows.save(READ, id=f"soon-deleted-{secrets.token_hex(4)}")
    first = client.runs.start(saved.id, {"document": {"text": "one"}}, idempotency_key=saved.id)
    again = client.runs.start(saved.id, {"document": {"text": "one"}}, idempotency_key=saved.id)

    with pytest.raises(Conflict) as reused:
        client.runs.start(saved.id, {"document": {"text": "two"}}, idempotency_key=saved.id)
    client.workflows.delete(saved.id)
    with pytest.raises(Conflict) as deleted:
        client.runs.start(saved.id, {"document": {"text": "one"}})

    assert again.id == first.id
    assert (reused.value.code, deleted.value.code) == ("idempotency_key_reused", "workflow_deleted")
    assert first.wait(60).status == "succeeded"


def test_tokens_that_were_changed_are_worth_nothing(stage: dict[str, str]) -> None:
    with Client(stage["api_url"], user=stage["user"], password=stage["password"]) as client:
        client.me()
        good = str(client.token())
    head, body, signature = good.split(".")
    claims, named = (json.loads(base64.urlsafe_b64decode(text + "==")) for text in (body, head))

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    tokens = {
        "tampered": f"{head}.{part(claims | {'tenant': 'stranger'})}.{signature}",
        "longer than it was given": f"{head}.{part(claims | {'exp': claims['exp'] + 3600})}.{signature}",
        "alg none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "alg none, with the key's id": f"{part(named | {'alg': 'none'})}.{body}.",
    }

    for name, token in tokens.items():
        with Client(stage["api_url"], token=token) as client, pytest.raises(NotSignedIn):
            client.me()
        assert name


def test_another_tenant_finds_nothing(client: Client, stranger: Client) -> None:
    workflow = client.workflows.save(READ, id=f"ours-{secrets.token_hex(4)}").id
    run = client.runs.start(workflow, {"document": {"text": "ours"}})
    uploaded = client.uploads.bytes(b"ours", "ours.txt")

    with pytest.raises(NotFound):
        stranger.workflows.get(workflow)
    with pytest.raises(NotFound):
        stranger.runs.get(run.id)
    with pytest.raises(NotFound):
        stranger.runs.start(workflow, {"document": {"text": "x"}})
    theirs = stranger.run(READ, {"document": uploaded.as_input()}, wait=60)

    assert theirs.error and theirs.error["code"] == "document_not_found"
    assert run.id not in {found.id for found in stranger.runs.list()}
    assert run.wait(60).status == "succeeded"
