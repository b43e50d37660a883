"""What a receiver does decides what becomes of a webhook: taken, tried again, given up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from heddle.adapters.memory.task_letters import MemoryTaskLetterStore
from heddle.adapters.memory.webhooks import MemoryDeliveries
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.webhook_post import MAX_ANSWER_BYTES, GuardedPost
from heddle.application.webhooks.deliver_webhook import DeliverWebhook
from heddle.application.webhooks.send_webhook import SendWebhook
from heddle.domain.triggers.signatures import verify
from heddle.domain.webhooks.attempts import ATTEMPTS
from heddle.domain.webhooks.webhook import Delivery, Webhook
from heddle.errors import PayloadTooLarge
from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECRETS = ("whsec_bmV3ZXN0", "whsec_YmVmb3Jl")


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()
    with running(local, local.ended):
        yield local


@dataclass
class World:
    """A queue, a clock, dead letters, and a real server that webhooks go to."""

    server: LocalServer
    moment: datetime = NOON
    queue: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    letters: MemoryTaskLetterStore = field(default_factory=MemoryTaskLetterStore)
    secrets: Callable[[str], Sequence[str]] = field(default=lambda tenant: SECRETS)
    allowed: str = "127.0.0.1"
    messages: int = 0

    def now(self) -> datetime:
        return self.moment

    def send(self, path: str = "/hook", tenant: str = "acme", **data: Any) -> None:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        queue = SendWebhook(self.queue, self.now)
        queue.send(tenant, webhook_id="msg_1", url=url, type="batch.completed", data=data)

    def deliver(self) -> str:
        """Take the next message out of the queue and handle it as the function does."""
        self.messages += 1
        use_case = DeliverWebhook(
            GuardedPost(GuardedClient(allowed=self.allowed)), self.secrets, self.queue, self.letters, self.now
        )
        return use_case(self.queue.waiting.pop(0), message_id=f"m-{self.messages}")

    def until_done(self) -> list[str]:
        """Deliver until the queue is empty, letting the time pass that each attempt waits for."""
        done = []
        while self.queue.waiting:
            due = self.queue.waiting[0].due_at
            if due is not None:
                self.moment = max(self.moment, datetime.fromisoformat(due))
            done.append(self.deliver())
        return done


@pytest.fixture
def world(server: LocalServer) -> World:
    return World(server)


def test_a_receiver_gets_type_time_and_data_with_signatures_of_both_live_secrets(world: World) -> None:
    world.send(batch_id="b-1", name="Übersicht")

    assert world.deliver() == "delivered"

    ((method, path, headers, body),) = world.server.seen
    assert (method, path, headers["content-type"]) == ("POST", "/hook", "application/json; charset=utf-8")
    assert orjson.loads(body) == {
        "type": "batch.completed",
        "timestamp": NOON.isoformat(),
        "data": {"batch_id": "b-1", "name": "Übersicht"},
    }
    config = {"scheme": "standard", "tolerance_seconds": 300}
    for secret in SECRETS:
        assert verify(config, headers, body, [secret], now=NOON.timestamp()).delivery == "msg_1"
    assert world.queue.waiting == []


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 503])
def test_any_other_answer_than_2xx_is_tried_again_later(world: World, status: int) -> None:
    world.send(f"/status/{status}")

    assert world.deliver() == "later"

    (again,) = world.queue.waiting
    assert again.attempt == 2
    assert again.due_at is not None and again.due_at > NOON.isoformat()
    assert world.letters.letters("acme", limit=10).items == ()


def test_the_time_signed_is_that_of_the_attempt_and_all_else_stays(world: World) -> None:
    world.send("/status/500")
    world.deliver()
    world.moment = NOON + timedelta(hours=1)
    world.deliver()

    (_, _, first, body), (_, _, second, again) = world.server.seen
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600


def test_what_comes_out_of_the_queue_early_goes_in_again_and_is_not_sent(world: World) -> None:
    world.send("/status/500")
    world.deliver()
    (waiting,) = world.queue.waiting

    assert world.deliver() == "early"

    assert world.queue.waiting == [waiting]
    assert len(world.server.seen) == 1


def test_a_redirect_is_not_followed(world: World) -> None:
    world.send("/redirect/307?to=/elsewhere")

    assert world.deliver() == "later"
    assert [path for _, path, _, _ in world.server.seen] == ["/redirect/307?to=/elsewhere"]


def test_a_receiver_that_answers_at_length_has_answered(world: World) -> None:
    world.send(f"/bytes/{MAX_ANSWER_BYTES + 1}")

    assert world.deliver() == "delivered"


def test_a_receiver_that_is_gone_is_not_asked_again(world: World) -> None:
    world.send("/status/410")

    assert world.deliver() == "given up"

    (letter,) = world.letters.letters("acme", limit=10).items
    assert (letter.kind, letter.subject, letter.code, letter.attempts) == ("webhook", "msg_1", "webhook_gone", 1)
    assert world.queue.waiting == []


@pytest.mark.parametrize("path", ["/hang-up", "/nonsense"])
def test_a_server_that_speaks_something_else_is_tried_again(world: World, path: str) -> None:
    world.send(path)

    assert world.deliver() == "later"


def test_an_address_inside_the_network_is_never_called_whatever_it_was_when_it_was_saved(world: World) -> None:
    world.allowed = ""
    world.send("/hook")

    assert world.deliver() == "given up"

    (letter,) = world.letters.letters("acme", limit=10).items
    assert letter.code == "http_blocked_address"
    assert world.server.seen == []


def test_after_the_last_attempt_the_tenant_has_a_dead_letter_that_begins_anew(world: World) -> None:
    world.send("/status/500", order="o-1")

    outcomes = world.until_done()

    assert outcomes == ["later"] * (ATTEMPTS - 1) + ["given up"]
    assert world.moment - NOON > timedelta(days=3)
    (letter,) = world.letters.letters("acme", limit=10).items
    assert (letter.code, letter.attempts) == ("webhook_refused", ATTEMPTS)
    assert letter.reason == "the receiver answered 500"
    assert letter.message["attempt"] == 1 and letter.message["webhook"]["data"] == {"order": "o-1"}
    assert world.letters.letters("globex", limit=10).items == ()


def test_a_message_that_comes_twice_leaves_one_dead_letter(world: World) -> None:
    delivery = Delivery(Webhook("acme", "msg_1", f"http://127.0.0.1:{world.server.port}/status/410", "t", "", {}))
    for _ in range(2):
        world.queue.put(delivery)
        world.messages = 0
        world.deliver()

    assert len(world.letters.letters("acme", limit=10).items) == 1


def test_data_that_is_too_large_is_refused_before_it_is_queued(world: World) -> None:
    with pytest.raises(PayloadTooLarge) as caught:
        world.send("/hook", text="x" * 33_000)

    assert caught.value.code == "webhook_too_large"
    assert world.queue.waiting == []
