"""Webhooks on the real stage: signed, tried again, given up and sent again."""

import json
import time
from collections.abc import Iterator

import pytest

from heddle_sdk import Client
from heddle_sdk.dead_letters import DeadLetter
from heddle_sdk.webhooks import verify
from tests.local.backstage import Backstage, Neighbour, neighbour
from tests.local.conftest import Cli, wait_until
from tests.support.upstream import Upstream


@pytest.fixture
def receiver(backstage: Backstage) -> Iterator[Neighbour]:
    with (
        neighbour() as server,
        backstage.environment("api/rest", "webhooks/deliver", HTTP_ALLOWED_HOSTS=server.address),
    ):
        yield server


def test_a_receiver_can_tell_that_a_webhook_is_ours(client: Client, receiver: Neighbour, word: str) -> None:
    before = client.webhooks.secret().secret
    after = client.webhooks.rotate_secret(overlap_hours=1).secret

    webhook_id = client.webhooks.test(receiver.url(f"/echo/{word}"), {"word": word})
    receiver.asked(f"/echo/{word}")

    headers, body = receiver.headers(f"/echo/{word}"), receiver.bodies[f"/echo/{word}"]
    assert headers["webhook-id"] == webhook_id
    assert json.loads(body)["data"] == {"word": word}
    assert verify(headers, body, after, now=time.time()) and verify(headers, body, before, now=time.time())
    assert not verify(headers, body + b" ", after, now=time.time())


def test_a_receiver_that_fails_is_asked_again_with_the_same_id(client: Client, receiver: Neighbour, word: str) -> None:
    path = f"/fails/{word}"
    webhook_id = client.webhooks.test(receiver.url(path))
    receiver.asked(path)

    receiver.well.add(word)
    wait_until(lambda: receiver.count(path) == 2, 60, "a second attempt")

    assert [headers["webhook-id"] for _, seen, headers in receiver.seen if seen == path] == [webhook_id] * 2


def test_what_nobody_takes_is_a_dead_letter_that_the_command_sends_again(
    heddle: Cli, client: Client, upstream: Upstream
) -> None:
    def letter_of(webhook_id: str) -> DeadLetter | None:
        return next((each for each in client.dead_letters.list() if each.webhook_id == webhook_id), None)

    webhook_id = client.webhooks.test(f"{upstream.url}/status/410")
    letter = wait_until(lambda: letter_of(webhook_id), 60, "a dead letter")
    said = heddle("dead-letters", "redrive", letter.id).stdout

    assert (letter.kind, letter.code, letter.attempts) == ("webhook", "webhook_gone", 1)
    assert f"1 message sent again: webhook {webhook_id}" in said
    again = wait_until(lambda: letter_of(webhook_id), 60, "a dead letter of the second round")
    assert again.id != letter.id
    assert upstream.calls["POST", "/status/410"] == 2
