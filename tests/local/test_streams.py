"""Live output on the real stage: every token once and in order, whoever reads, whenever, and whatever breaks."""

import json
from typing import Any

import httpx
import pytest

from heddle.adapters.aws.topics import DynamoTopicLog
from heddle_sdk.live import TEXT_TYPES, LiveText
from heddle_sdk.models import Frame
from heddle_sdk.runs import Run
from tests.contract.model_servers.server import ModelServer, Reply
from tests.local.tenants import ANTHROPIC, BEDROCK, OPENAI, Tenant, asks, llm

STORY = " ".join(f"Thread {number} goes over, thread {number + 1} goes under." for number in range(1, 60))


def start(tenant: Tenant, word: str, model: str = OPENAI, *, live: bool = True) -> Run:
    workflow = tenant.client.workflows.ensure(asks(f"Live {word} {model}", llm("tell", word, model)))
    return tenant.client.runs.start(workflow, live=live)


def text_of(frames: list[Frame]) -> str:
    live = LiveText()
    live.take(frames)
    assert live.newest is not None
    return live.newest.text


def events(tenant: Tenant, run: Run) -> list[tuple[str, str, Any]]:
    """Read a run's event stream as a browser does, connecting again by the last id; (id, event, data) of each event."""
    url, headers = f"{tenant.client.base_url}/runs/{run.id}/stream", {"Accept": "text/event-stream"}
    headers["Authorization"] = f"Bearer {tenant.client.token()}"
    found: list[tuple[str, str, Any]] = []
    while True:
        answer = httpx.get(url, headers=headers, params={"limit": 7}, timeout=40)
        if answer.status_code == 204:
            return found
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in answer.text.strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if "event" in fields:
                data = fields["data"]
                found.append((fields.get("id", ""), fields["event"], json.loads(data) if data[0] == "{" else data))
        headers["Last-Event-ID"] = next((id for id, _, _ in reversed(found) if id), "0")


@pytest.mark.parametrize("model", [OPENAI, ANTHROPIC, BEDROCK])
def test_all_tokens_come_once_and_in_order(tenant: Tenant, model_providers: ModelServer, model: str, word: str) -> None:
    model_providers.script([Reply(STORY)], about=word)
    run = start(tenant, word, model)

    live = list(run.stream())
    ended = run.wait(30)
    late, cut_off = list(run.stream()), list(run.stream(after=2))

    assert ended.output["last"]["text"] == text_of(live) == STORY
    assert [frame.seq for frame in live] == list(range(1, len(live) + 1))
    texts = [frame.type for frame in live if frame.type in TEXT_TYPES]
    assert texts == ["token"] * (len(texts) - 1) + ["done"]
    assert late == live
    assert cut_off == live[2:]
    assert live[-1].data["usage"]["cost_usd"] == ended.cost_usd


def test_server_sent_events_tell_the_same(tenant: Tenant, model_providers: ModelServer, word: str) -> None:
    model_providers.script([Reply(STORY)], about=word)
    run = start(tenant, word)

    told = events(tenant, run)
    frames = list(run.stream())

    chunks = [(id, data) for id, event, data in told if event == "chunk"]
    assert "".join(data["content"] for _, data in chunks) == STORY
    assert [id for id, _ in chunks] == [str(frame.seq) for frame in frames if frame.type == "token"]
    assert told[0][1] == "connected"
    assert [event for _, event, _ in told if event in ("complete", "done", "error")] == ["complete", "done"]


def test_a_stream_that_breaks_begins_anew_and_shows_right(
    tenant: Tenant, model_providers: ModelServer, word: str
) -> None:
    model_providers.script(
        [Reply("Threads go nowhere at all, and then it ends.", fault="break"), Reply(STORY)], about=word
    )
    run = start(tenant, word)

    live = list(run.stream())
    ended = run.wait(30)

    assert ended.status == "succeeded", ended.error
    assert [frame.seq for frame in live] == list(range(1, len(live) + 1))
    assert [frame.type for frame in live].count("restart") == 1
    assert ended.output["last"]["text"] == text_of(live) == STORY
    assert [line["outcome"] for line in tenant.client.usage.of_run(run.id)] == ["failed", "ok"]


def test_a_run_that_is_not_live_writes_nothing(tenant: Tenant, model_providers: ModelServer, word: str) -> None:
    run = start(tenant, word, live=False)

    assert list(run.stream()) == []
    assert run.wait(30).status == "succeeded"
    backstage = tenant.backstage
    topics = DynamoTopicLog(backstage.client("dynamodb"), backstage.outputs["RealtimeTable"])
    assert topics.read(tenant.id, f"run:{run.id}", after=0, limit=10) == ()
    assert "stream" not in model_providers.asked(word)[0], "and its model is asked for the whole answer"
