"""A conversation survives whoever leads it: what is recorded is not paid for again, whoever dies or races."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from heddle.application.agents.conversation_log import PATIENCE
from heddle.application.agents.records import ToolOutcome
from heddle.application.ports.models import CompletionRequest
from heddle.domain.events.conversation_events import ModelCalled, ToolCalled
from heddle.domain.money import picos
from heddle.errors import NodeError, UpstreamUnavailable
from heddle.testing.scripted_model import calls, says
from tests.support.agents import TASK, AgentBench, CountingTool, Crash, Points

NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
REQUEST = CompletionRequest("Well?")


def by_progress(request: CompletionRequest) -> Any:
    """Answer by how far the conversation is: two tool steps, an answer that needs repair, the answer."""
    return [
        calls(("look", {"n": 1}), ("look", {"n": 2})),
        calls(("post", {"n": 3})),
        says("not json"),
        says('{"name": "Ada"}'),
    ][len(request.messages) // 2]


def bench_with(points: Points) -> tuple[AgentBench, CountingTool, CountingTool]:
    bench = AgentBench.of(by_progress, points=points)
    return bench, CountingTool("look"), CountingTool("post", once=True)


def points_of_a_whole_run() -> int:
    bench, look, post = bench_with(Points())
    bench.run(look, post, output_schema=NAME)
    return len(bench.points.passed)


@pytest.mark.parametrize("point", range(1, points_of_a_whole_run() + 1))
def test_a_crash_anywhere_costs_no_recorded_call_again(point: int) -> None:
    bench, look, post = bench_with(Points(die_at=point))
    with pytest.raises(Crash):
        bench.run(look, post, output_schema=NAME)
    died_at, bench.points = bench.points.died_at, Points()

    result = bench.run(look, post, output_schema=NAME, task=replace(TASK, attempt=2))

    assert result.value == {"name": "Ada"}
    # Only a call whose answer was on its way into the history when the function died is made again.
    lost = bench.kinds().count("ModelCalled") - len(bench.model.asked)
    assert lost == 0 or (lost == -1 and died_at in ("ask:after", "append:before"))
    assert [event.step for event in bench.events() if type(event).__name__ == "ModelCalled"] == [1, 2, 3, 4]
    assert len(post.used) <= 1, "what must not be done twice is not"


def test_what_a_resumed_conversation_used_is_counted_whole() -> None:
    bench = AgentBench.of([calls(("look", {})), NodeError("busy", code="llm_unavailable", retryable=True), says("Ah.")])
    with pytest.raises(NodeError):
        bench.run(CountingTool("look"))

    bench.run(CountingTool("look"), task=replace(TASK, attempt=2), max_cost=picos("0.002"))
    spending = bench.open().spending.usage()

    assert bench.kinds() == ["ModelCalled", "ToolCalled", "ModelCalled"]
    assert (spending["cost_usd"], spending["calls"], spending["input_tokens"]) == ("0.002", 2, 200)
    assert (spending["provider"], spending["model"]) == ("scripted", "scripted-1")


def test_a_limit_is_not_held_against_answers_that_are_there_already() -> None:
    bench = AgentBench.of([calls(("look", {})), says("Ah.")])
    bench.run(CountingTool("look"))

    again = bench.run(CountingTool("look"), max_cost=picos("0.002"))

    assert (again.text, len(bench.model.asked)) == ("Ah.", 2)


def test_another_question_is_asked_anew() -> None:
    bench = AgentBench.of([says("one"), says("two")])
    bench.open().ask(REQUEST, step=1)

    other = bench.open().ask(replace(REQUEST, prompt="And?"), step=1)
    same = bench.open().ask(replace(REQUEST, prompt="And?", timeout=1.0), step=1)

    assert (other.completion.text, same.completion.text, same.recorded) == ("two", "two", True)


def test_a_result_is_not_taken_for_that_of_another_call_with_the_same_id() -> None:
    bench = AgentBench.of([])
    first, second = (calls(("look", {"n": number})).tool_calls[0] for number in (1, 2))
    bench.open().record(1, first, ToolOutcome("one"), 1.0)

    assert bench.open().recorded(1, second) is None
    assert bench.open().recorded(1, first) == ToolOutcome("one")


def test_a_conversation_that_ended_begins_anew() -> None:
    bench = AgentBench.of([says("one"), says("two")])
    conversation = bench.open()
    conversation.ask(REQUEST, step=1)
    conversation.end("llm_output_invalid")

    again = bench.open()

    assert (again.resumed, again.spending.calls) == (False, 0)
    assert again.ask(REQUEST, step=1).completion.text == "two"


def test_items_talk_apart() -> None:
    bench = AgentBench.of([says("one"), says("two")])

    texts = [bench.open(replace(TASK, item_index=item)).ask(REQUEST, step=1).completion.text for item in (0, 1, 0)]

    assert texts == ["one", "two", "one"]


def test_tenants_talk_apart() -> None:
    bench = AgentBench.of([says("one"), says("two")])

    texts = [bench.open(replace(TASK, tenant=tenant)).ask(REQUEST, step=1).completion.text for tenant in ("a", "b")]

    assert texts == ["one", "two"]


def test_of_two_deliveries_the_loser_goes_on_from_what_the_winner_recorded() -> None:
    bench = AgentBench.of([says("winner's"), says("loser's"), says("winner's second")])
    winner, loser = bench.open(), bench.open()
    winner.ask(REQUEST, step=1)

    lost = loser.ask(REQUEST, step=1)
    bench.while_asleep = lambda: winner.ask(REQUEST, step=2)
    followed = loser.ask(REQUEST, step=2)

    assert (lost.completion.text, followed.completion.text) == ("winner's", "winner's second")
    assert (len(bench.model.asked), bench.slept) == (3, [PATIENCE[0]])


@pytest.mark.parametrize("deliveries", [2, 6])
def test_deliveries_at_the_same_time_agree_and_record_every_step_once(deliveries: int) -> None:
    bench, look, post = bench_with(Points())
    together = threading.Barrier(deliveries)

    def deliver(number: int) -> Any:
        together.wait(timeout=30)
        return bench.run(look, post, output_schema=NAME).value

    with ThreadPoolExecutor(deliveries) as pool:
        values = list(pool.map(deliver, range(deliveries)))

    steps = [event.step for event in bench.events() if isinstance(event, ModelCalled)]
    tools = [(event.step, event.call_id) for event in bench.events() if isinstance(event, ToolCalled)]
    assert values == [{"name": "Ada"}] * deliveries
    assert sorted(steps) == [1, 2, 3, 4]
    assert sorted(tools) == [(1, "c1"), (1, "c2"), (2, "c1")]
    assert len(post.used) == 1


def test_a_loser_whose_winner_is_gone_takes_over() -> None:
    bench = AgentBench.of([says("winner's"), says("loser's"), says("second"), says("third")])
    winner, loser = bench.open(), bench.open()
    winner.ask(REQUEST, step=1)
    loser.ask(REQUEST, step=1)

    texts = [loser.ask(REQUEST, step=step).completion.text for step in (2, 3)]

    assert texts == ["second", "third"]
    assert bench.slept == list(PATIENCE), "it waits for a silent rival only once"


def test_a_loser_stops_when_the_winner_ended_the_conversation() -> None:
    bench = AgentBench.of([says("winner's"), says("loser's")])
    winner, loser = bench.open(), bench.open()
    winner.ask(REQUEST, step=1)
    winner.end("llm_refused")

    with pytest.raises(NodeError) as stopped:
        loser.ask(REQUEST, step=1)
    loser.end("llm_refused")

    assert (stopped.value.code, stopped.value.retryable) == ("conversation_ended", True)
    assert bench.kinds() == ["ModelCalled", "ConversationEnded"]


def test_an_answer_that_the_store_would_not_take_is_offered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = AgentBench.of([says("one")])
    conversation = bench.open()
    real, refused = bench.store.append, [2]

    def busy(*arguments: Any) -> Any:
        if refused[0]:
            refused[0] -= 1
            raise UpstreamUnavailable("throttled")
        return real(*arguments)

    monkeypatch.setattr(bench.store, "append", busy)

    assert conversation.ask(REQUEST, step=1).completion.text == "one"
    assert (bench.kinds(), bench.slept) == (["ModelCalled"], [0.2, 0.5])


def test_a_write_whose_answer_got_lost_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = AgentBench.of([says("one"), says("two")])
    conversation = bench.open()
    real, lost = bench.store.append, [True]

    def deaf(*arguments: Any) -> Any:
        commit = real(*arguments)
        if lost[0]:
            lost[0] = False
            raise UpstreamUnavailable("the connection was reset")
        return commit

    monkeypatch.setattr(bench.store, "append", deaf)
    conversation.ask(REQUEST, step=1)
    conversation.ask(REQUEST, step=2)

    assert (bench.kinds(), bench.slept) == (["ModelCalled", "ModelCalled"], [0.2])


def test_a_call_that_acts_is_not_made_by_a_second_delivery() -> None:
    bench = AgentBench.of(lambda request: says("Done.") if request.messages else calls(("post", {})))
    post = CountingTool("post", once=True)
    call = calls(("post", {})).tool_calls[0]
    bench.open().claim(1, call)

    result = bench.run(post)

    assert post.used == []
    assert (result.text, result.tool_calls[0]["is_error"]) == ("Done.", True)
    assert "not known whether it was done" in bench.model.asked[1].request.messages[-1]["content"][0]["content"]  # type: ignore[typeddict-item]


def test_recorded_text_is_shown_to_watchers_again() -> None:
    bench = AgentBench.of([says("All is well.")])
    bench.open().ask(REQUEST, step=1)
    seen: list[str] = []

    bench.open().ask(REQUEST, step=1, on_text=seen.append)

    assert seen == ["All is well."]
