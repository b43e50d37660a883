"""What an agent does with tools, limits, broken calls and answers of a given shape."""

import threading
from typing import Any

import pytest

from heddle.application.agents.run_agent import COST_LIMIT
from heddle.application.ports.events import NewEvent
from heddle.domain.events.envelope import History, Metadata, StreamId
from heddle.domain.money import picos
from heddle.errors import NodeError, NotFound
from heddle.testing.scripted_model import calls, says
from tests.support.agents import NOW, TASK, AgentBench, CountingTool, Watched

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def failing(bench: AgentBench, *tools: CountingTool, **fields: Any) -> NodeError:
    with pytest.raises(NodeError) as failed:
        bench.run(*tools, **fields)
    return failed.value


def results(bench: AgentBench, step: int) -> list[dict[str, Any]]:
    """Return what the model was shown last when it was asked for the n-th time."""
    return [dict(part) for part in bench.model.asked[step - 1].request.messages[-1]["content"]]


def test_the_model_sees_what_its_tools_gave() -> None:
    bench = AgentBench.of([calls(("weather", {"city": "Bonn"}), text="Let me see."), says("It is 20 degrees.")])
    weather = CountingTool("weather", lambda given: {"degrees": 20}, CITY)

    result = bench.run(weather)

    assert (result.text, result.steps) == ("It is 20 degrees.", 2)
    assert result.tool_calls == ({"step": 1, "tool": "weather", "is_error": False},)
    assert [use.arguments for use in weather.used] == [{"city": "Bonn"}]
    said, shown = bench.model.asked[1].request.messages
    assert [part["type"] for part in said["content"]] == ["text", "tool_call"]
    assert shown["content"] == [
        {"type": "tool_result", "id": "c1", "name": "weather", "content": '{"degrees": 20}', "is_error": False}
    ]


def test_every_call_is_an_event_and_says_for_whom_it_was_made() -> None:
    bench = AgentBench.of([calls(("weather", {"city": "Bonn"})), says("Warm.")])

    bench.run(CountingTool("weather"), prompt={"name": "p", "version": 3, "hash": "h"})

    assert bench.kinds() == ["ModelCalled", "ToolCalled", "ModelCalled"]
    asked = [one.caller for one in bench.model.asked]
    assert [(caller.principal, caller.run_id, caller.step) for caller in asked] == [
        ("user:ada", "run-1", 1),
        ("user:ada", "run-1", 2),
    ]
    assert asked[0].call_id != asked[1].call_id
    assert bench.events()[0].prompt == {"name": "p", "version": 3, "hash": "h"}


def test_tools_of_one_step_run_side_by_side_and_come_back_in_the_order_of_the_calls() -> None:
    both = threading.Barrier(2)
    bench = AgentBench.of([calls(("a", {"n": 1}), ("b", {"n": 2})), says("Done.")])

    def meet(given: dict[str, Any]) -> Any:
        both.wait(timeout=30)
        return given["n"]

    bench.run(CountingTool("a", meet), CountingTool("b", meet))

    assert [part["content"] for part in results(bench, 2)] == ["1", "2"]


def test_a_tool_that_fails_tells_the_model_why_and_the_work_goes_on() -> None:
    def broken(given: dict[str, Any]) -> Any:
        raise NotFound("there is no such city", code="city_not_found")

    bench = AgentBench.of([calls(("weather", {})), says("I do not know.")])

    result = bench.run(CountingTool("weather", broken))

    assert results(bench, 2)[0]["is_error"] is True
    assert "city_not_found" in results(bench, 2)[0]["content"]
    assert result.tool_calls[0]["is_error"] is True


def test_a_bug_in_a_tool_looks_like_a_bug() -> None:
    def buggy(given: dict[str, Any]) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        AgentBench.of([calls(("weather", {}))]).run(CountingTool("weather", buggy))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("weather", "not json"), "no JSON object: not json"),
        (("weather", {"town": "Bonn"}), "'city' is a required property".replace("'", '"')),
        (("weather", {"city": 7}), "city: 7 is not of type"),
        (("wheather", {"city": "Bonn"}), "there are: weather"),
    ],
)
def test_a_call_that_cannot_be_made_is_explained_and_not_made(asked: Any, told: str) -> None:
    bench = AgentBench.of([calls(asked), says("Sorry.")])
    weather = CountingTool("weather", parameters=CITY)

    bench.run(weather)

    assert told in results(bench, 2)[0]["content"]
    assert weather.used == []


def test_a_model_that_never_calls_a_tool_rightly_is_stopped() -> None:
    bench = AgentBench.of([calls(("weather", "oops"))])

    error = failing(bench, CountingTool("weather", parameters=CITY))

    assert (error.code, error.retryable, len(bench.model.asked)) == ("agent_tool_calls_invalid", False, 4)
    assert bench.kinds()[-1] == "ConversationEnded"


def test_a_model_that_calls_tools_for_ever_reaches_the_step_limit() -> None:
    bench = AgentBench.of([calls(("weather", {"city": "Bonn"}))])

    error = failing(bench, CountingTool("weather"), max_steps=4)

    assert (error.code, error.retryable, len(bench.model.asked)) == ("agent_step_limit", False, 4)
    assert bench.kinds()[-1] == "ConversationEnded"


def test_the_cost_limit_is_looked_at_before_each_call() -> None:
    bench = AgentBench.of([calls(("weather", {"city": "Bonn"}))])

    error = failing(bench, CountingTool("weather"), max_cost=picos("0.002"))

    assert (error.code, error.details["cost_usd"]) == (COST_LIMIT, "0.002")
    assert len(bench.model.asked) == 2


def test_nothing_more_is_asked_once_the_run_was_cancelled() -> None:
    bench = AgentBench.of([calls(("weather", {"city": "Bonn"}))])
    run = StreamId(TASK.tenant, "run", TASK.run_id)
    requested = NewEvent("RunRequested", {}, NOW)
    bench.store.append(History(run, ()), [requested], Metadata("c"))

    def cancelled(given: dict[str, Any]) -> Any:
        bench.store.append(bench.store.read(run), [NewEvent("RunCancellationRequested", {}, NOW)], Metadata("c"))

    error = failing(bench, CountingTool("weather", cancelled))

    assert (error.code, error.retryable, len(bench.model.asked)) == ("run_cancelled", False, 1)
    assert bench.kinds() == ["ModelCalled", "ToolCalled"], "what was said may be gone on with if the run is resumed"


def test_a_run_that_was_resumed_after_a_cancellation_goes_on() -> None:
    bench = AgentBench.of([says("Fine.")])
    events = [NewEvent(name, {}, NOW) for name in ("RunRequested", "RunCancelled", "RunResumed")]
    bench.store.append(History(StreamId(TASK.tenant, "run", TASK.run_id), ()), events, Metadata("c"))

    assert bench.run().text == "Fine."


def test_a_tool_that_never_returns_is_left_behind() -> None:
    never = threading.Event()
    bench = AgentBench.of([calls(("slow", {}), ("quick", {})), says("Only one answered.")])
    slow, quick = CountingTool("slow", lambda given: never.wait()), CountingTool("quick")

    result = bench.run(slow, quick, tool_timeout=0.05)
    never.set()

    assert "tool_timeout" in results(bench, 2)[0]["content"]
    assert [part["is_error"] for part in results(bench, 2)] == [True, False]
    assert result.text == "Only one answered."


def test_more_calls_at_once_than_allowed_are_refused_one_by_one() -> None:
    bench = AgentBench.of([calls(*[("a", {"n": number}) for number in range(40)]), says("Done.")])
    tool = CountingTool("a")

    bench.run(tool)

    assert len(tool.used) == 32
    assert [part["is_error"] for part in results(bench, 2)] == [False] * 32 + [True] * 8


def test_calls_without_ids_are_told_apart() -> None:
    first = calls(("a", {"n": 1}), ("a", {"n": 2}))
    nameless = says("", tool_calls=tuple({**call, "id": ""} for call in first.tool_calls))
    bench = AgentBench.of([nameless, says("Done.")])

    bench.run(CountingTool("a"))

    assert [(part["id"], part["content"]) for part in results(bench, 2)] == [
        ("call-1", '{"n": 1}'),
        ("call-2", '{"n": 2}'),
    ]


def test_a_long_result_is_cut_for_the_model_and_kept_whole_in_the_history() -> None:
    bench = AgentBench.of([calls(("long", {})), says("Read.")])

    bench.run(CountingTool("long", lambda given: "x" * 50_000), tool_result_chars=100)

    assert len(results(bench, 2)[0]["content"]) < 200
    assert "50,000 characters" in results(bench, 2)[0]["content"]
    assert "$ref" in bench.events()[1].result


def test_an_empty_answer_is_asked_for_once_more() -> None:
    bench = AgentBench.of([says(" "), says("Yes.")])

    assert bench.run().text == "Yes."


def test_two_empty_answers_end_it() -> None:
    bench = AgentBench.of([says("")])

    assert failing(bench).code == "llm_empty_answer"
    assert len(bench.model.asked) == 2


def test_a_structured_answer_is_read_from_what_models_write_around_it() -> None:
    bench = AgentBench.of([says('Here you are:\n```json\n{"name": "Ada"}\n```\nAnything else?')])

    assert bench.run(output_schema=NAME).value == {"name": "Ada"}


def test_an_answer_that_breaks_its_schema_is_repaired_once() -> None:
    bench = AgentBench.of([says('{"name": 7}'), says('{"name": "Ada"}')])

    result = bench.run(output_schema=NAME)

    assert (result.value, result.steps) == ({"name": "Ada"}, 2)
    assert "name: 7 is not of type" in results(bench, 2)[0]["text"]


def test_an_answer_that_breaks_its_schema_twice_fails_with_the_violations() -> None:
    bench = AgentBench.of([says("I would rather not."), says('{"nome": "Ada"}')])

    error = failing(bench, output_schema=NAME)

    assert (error.code, error.retryable) == ("llm_output_invalid", False)
    assert '"name" is a required property' in error.details["errors"][0]
    assert bench.kinds()[-1] == "ConversationEnded"


def test_the_time_of_the_node_bounds_everything() -> None:
    bench = AgentBench.of([says("Too late.")])

    error = failing(bench, seconds=0.0)

    assert (error.code, error.retryable) == ("node_timeout", True)
    assert bench.model.asked == []


def test_text_and_tools_are_streamed() -> None:
    stream = Watched()

    AgentBench.of([calls(("a", {}), text="Wait."), says("All done.")]).run(CountingTool("a"), stream=stream)

    assert stream.seen == ["step", "Wait. ", ("a", "started"), ("a", "succeeded"), "step", "All ", "done. "]
