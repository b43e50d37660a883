"""People of one tenant on the real stage: messages, presence, rules and limits over the WebSocket; nothing crosses."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from heddle_cli.stage.seed import create_user
from heddle_sdk import Client
from heddle_sdk.realtime import SocketError
from tests.local.backstage import Backstage
from tests.local.conftest import wait_until
from tests.local.tenants import Tenant, tenant_of_its_own


@pytest.fixture(scope="module")
def bob(tenant: Tenant, backstage: Backstage, stage: dict[str, str]) -> Iterator[Client]:
    """Make a colleague of the tenant's administrator."""
    user, password = f"bob-{tenant.id}@heddle.local", f"Heddle-{tenant.id}-2b"
    pool, cognito = backstage.outputs["UserPoolId"], backstage.client("cognito-idp")
    create_user(cognito, pool, user=user, password=password, tenant=tenant.id, role="editor")
    try:
        with Client(stage["api_url"], user=user, password=password) as client:
            yield client
    finally:
        cognito.admin_delete_user(UserPoolId=pool, Username=user)


def opened(client: Client, *, resume: str = "") -> ClientConnection:
    """Open a socket as a page does, with the token in the address."""
    live = client.realtime()
    query = f"token={client.token()}" + (f"&resume={resume}" if resume else "")
    return connect(f"{live.url}?{query}", open_timeout=20)


def ask(socket: ClientConnection, kind: str, /, **data: Any) -> dict[str, Any]:
    """Send a frame and return the one that answers it."""
    socket.send(json.dumps({"type": kind, "data": data, "id": "q"}))
    while (answer := json.loads(socket.recv(timeout=20))).get("id") != "q":
        pass
    found: dict[str, Any] = answer
    return found


def greeted(socket: ClientConnection) -> dict[str, Any]:
    """Return the data of `Status connected`."""
    frame = json.loads(socket.recv(timeout=20))
    assert (frame["type"], frame["data"]["status"]) == ("Status", "connected")
    data: dict[str, Any] = frame["data"]
    return data


def test_a_message_waits_for_who_is_offline(tenant: Tenant, bob: Client) -> None:
    def seen(what: str) -> Any:
        return getattr(tenant.client.messages.presence(name)[0], what)

    with bob.realtime() as there:
        name = there.status["user"]
        wait_until(lambda: seen("status") == "Online", 20, "bob is there")
    wait_until(lambda: seen("active_connections") == 0, 20, "bob is gone")

    with tenant.client.realtime() as ada:
        sent = ada.direct(name, {"text": "are you there?"})
        with bob.realtime() as back:
            message = next(back.messages(timeout=30))
            back.acknowledge(message)
            wait_until(lambda: next(tenant.client.messages.with_user(name)).status != "sent", 20, "it was received")
    with bob.realtime() as again:
        told_twice = list(again.messages(timeout=2))

    assert sent["queued"]
    assert (message.type, message.payload) == ("DirectMessage", {"text": "are you there?"})
    assert told_twice == []
    assert [each.payload for each in tenant.client.messages.with_user(name, words="there")] == [message.payload]


def test_a_rule_judges_what_is_sent_and_topics_have_a_history(tenant: Tenant, bob: Client) -> None:
    tenant.client.rules.save({"name": "no-secrets", "match": {"topic": "^secret"}, "action": "deny"})
    try:
        with bob.realtime() as live:

            def denied() -> SocketError | None:
                try:
                    live.publish("secret.plans", {"text": "psst"})
                except SocketError as error:
                    return error
                return None

            refusal = wait_until(denied, 20, "the rule is known, which takes some seconds")
            live.subscribe("orders.*", "secret.plans")
            live.publish("orders.eu", {"text": "late again"})
            with pytest.raises(SocketError):
                live.publish("secret.plans", {"text": "psst"})
            heard = [(each.topic, each.payload) for each in live.messages(timeout=3)]
    finally:
        tenant.client.rules.delete("no-secrets")

    assert heard == [("orders.eu", {"text": "late again"})]
    assert (refusal.code, refusal.details["rule"]) == ("denied_by_rule", "no-secrets")
    assert [each.payload for each in bob.messages.of_topic("orders.eu", words="late")] == [{"text": "late again"}]


def test_nothing_crosses_tenants(tenant: Tenant, bob: Client, backstage: Backstage, stage: dict[str, str]) -> None:
    node = {"id": "a", "type": "set", "config": {"values": {"done": 1}}}
    workflow = tenant.client.workflows.ensure({"name": "own", "nodes": [node]})
    run = tenant.client.runs.start(workflow, live=True).wait(30)
    with (
        tenant_of_its_own(backstage, stage["api_url"]) as other,
        other.client.realtime() as stranger,
        bob.realtime() as live,
    ):
        name = live.status["user"]
        stranger.subscribe("orders.eu")
        with pytest.raises(SocketError) as refused:
            stranger.subscribe(f"run:{run.id}", after=0)
        with pytest.raises(SocketError) as inbox:
            stranger.subscribe(f"user:{name}")
        live.publish("orders.eu", {"text": "ours"})

        assert list(stranger.messages(timeout=2)) == []
        assert other.client.messages.presence(name)[0].status == "Offline"
    assert {refused.value.number, inbox.value.number} <= {403, 404}


@pytest.mark.parametrize(
    ("kind", "data", "number"),
    [
        ("Subscribe", {"topics": [f"t{number}" for number in range(1000)]}, 429),
        ("Broadcast", {"topic": "orders.eu", "payload": "x" * 132_000}, 413),
        ("Nonsense", {}, 400),
    ],
    ids=["a thousand subscriptions", "over 128 KiB", "unknown"],
)
def test_a_bad_frame_is_answered_and_the_connection_goes_on(
    bob: Client, kind: str, data: dict[str, Any], number: int
) -> None:
    with opened(bob) as socket:
        greeted(socket)
        answer = ask(socket, kind, **data)

        assert (answer["type"], answer["data"]["code"]) == ("Error", number), answer
        assert ask(socket, "Ping", timestamp=1)["type"] == "Pong"


def test_frames_faster_than_the_limit_are_refused_with_the_time_to_wait(bob: Client) -> None:
    with opened(bob) as socket:
        greeted(socket)
        for number in range(20):  # one a second, five at once
            socket.send(json.dumps({"type": "Authenticate", "data": {"token": bob.token()}, "id": str(number)}))
        answers = [json.loads(socket.recv(timeout=20)) for _ in range(20)]

    errors = [each["data"] for each in answers if each["type"] == "Error"]
    assert errors and {each["code"] for each in errors} == {429}
    assert all(each["details"]["retry_after"] > 0 for each in errors)


def test_a_session_is_resumed_by_one(bob: Client) -> None:
    with opened(bob) as socket:
        token = greeted(socket)["resume_token"]
        ask(socket, "Subscribe", topics=["orders.eu"])

    with opened(bob, resume=token) as first:
        status = greeted(first)
        with pytest.raises((InvalidStatus, ConnectionClosed)) as second:
            opened(bob, resume=token).recv(timeout=20)

    assert status["resumed"] and status["subscriptions"] == ["orders.eu"]
    assert isinstance(second.value, InvalidStatus) and second.value.response.status_code in (403, 409)
