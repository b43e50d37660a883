"""Whatever is wrong with a question to a model fails its run with a code, names the fix, and costs what it cost.

Whole workflows, run in this process: the real nodes, pipeline, budgets and SDKs, against the local model server.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.secrets import MemorySecrets
from heddle.adapters.models.connections import Connections
from heddle.adapters.models.keys import ProviderKeys
from heddle.application.execution.settle import Outcome
from heddle.domain.budgets.budget import Budget
from heddle.domain.budgets.counter import CounterKey
from heddle.domain.models.resolve import StageProviders
from heddle.domain.models.settings import ModelRef, PriceOverride, ProviderConfig
from heddle.domain.money import picos, usd
from heddle.errors import InvalidWorkflow
from heddle.testing.node_runners import node_runners
from heddle.testing.run_workflow import TENANT, FinishedRun, run_workflow
from tests.contract.model_adapters import KEY, environ_of
from tests.contract.model_servers.server import Call, ModelServer, Reply, model_server
from tests.support.agents import Watched
from tests.support.asking import Asking
from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running

GPT, CLAUDE = "openai/gpt-5-mini", "anthropic/claude-haiku-4-5"
PAID = "0.00045"  # 1000 tokens in and 100 out of gpt-5-mini, at 0.25 and 2 USD a million
KINDS = ("extractive", "openai", "anthropic", "ollama")
WEATHER = {
    "type": "http",
    "name": "weather",
    "description": "Tells the weather.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture(scope="module")
def running_server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def server(running_server: ModelServer) -> ModelServer:
    running_server.reset()
    return running_server


@pytest.fixture
def keys() -> dict[tuple[str, str], str]:
    return {(TENANT, "openai-api-key"): KEY, (TENANT, "anthropic-api-key"): KEY}


@pytest.fixture
def asking(server: ModelServer, keys: dict[tuple[str, str], str]) -> Asking:
    environ = environ_of(server)
    connections = Connections(ProviderKeys(MemorySecrets(keys), environ), environ)
    stage = StageProviders({name: ProviderConfig(name, name) for name in KINDS}, default="openai")
    return Asking(tenant=TENANT, stage=stage, connecting=connections)


def run(asking: Asking, type_: str = "llm", *, input: Any = None, live: Any = None, **config: Any) -> FinishedRun:
    """Run a workflow of one node that is not tried again."""
    values = {"model": GPT, "prompt": "What does a loom weave?", "max_tokens": 100, "timeout": 10} | config
    document = {"name": "test", "nodes": [{"id": "n", "type": type_, "config": values, "retry": {"max_attempts": 1}}]}
    runners = node_runners(ask=asking.ask, allowed_hosts="127.0.0.1", streams=(lambda task: live) if live else None)
    return run_workflow(document, input, runners=runners)


def failure(finished: FinishedRun) -> tuple[str, str]:
    assert finished.status == "failed"
    assert finished.error is not None
    return finished.error["code"], finished.error["message"]


# --- keys and accounts


def test_no_key_fails_with_the_secret_to_create_and_asks_nobody(
    asking: Asking, server: ModelServer, keys: dict[tuple[str, str], str]
) -> None:
    keys.clear()

    code, message = failure(run(asking))

    assert code == "llm_auth"
    assert "openai-api-key" in message
    assert (server.requests, asking.lines()) == ([], [])


def test_a_wrong_key_fails_costs_nothing_and_is_written_nowhere(
    asking: Asking, server: ModelServer, keys: dict[tuple[str, str], str], caplog: pytest.LogCaptureFixture
) -> None:
    keys[TENANT, "openai-api-key"] = "sk-wrong-key-0123456789"

    finished = run(asking)

    assert failure(finished)[0] == "llm_auth"
    assert len(server.requests) == 1
    assert asking.lines() == []
    assert "wrong-key" not in str(finished.events) + caplog.text


def test_a_used_up_quota_fails_or_leads_to_the_next_in_the_chain(asking: Asking, server: ModelServer) -> None:
    asking.configure(aliases={"best": (ModelRef("openai", "gpt-5-mini"), ModelRef("anthropic", "claude-haiku-4-5"))})

    code, _ = failure(run(asking, prompt="please-quota"))
    alone = asking.lines()
    server.script([Reply(fault="quota"), Reply("Cloth.")])
    chained = run(asking, model="best")

    assert (code, alone) == ("llm_quota_exceeded", [])
    assert chained.status == "succeeded"
    assert chained.output_of("n")["provider"] == "anthropic"
    assert [line.provider for line in asking.lines()] == ["anthropic"]


# --- what is asked


@pytest.mark.parametrize("size", [800_000, 5_000_000])
def test_a_prompt_that_does_not_fit_is_refused_before_the_call_with_its_count(
    asking: Asking, server: ModelServer, size: int
) -> None:
    text = ("word " * (size // 5))[:size]

    code, message = failure(run(asking, model=CLAUDE, prompt="{{ input.text }}", input={"text": text}))

    assert code == "llm_context_too_long"
    assert "200000" in message
    assert (server.requests, asking.lines()) == ([], [])


def test_a_content_filter_fails_and_what_was_used_is_paid_for(asking: Asking, server: ModelServer) -> None:
    budget = asking.budget("1")

    code, _ = failure(run(asking, prompt="please-filter"))

    (line,) = asking.lines()
    assert code == "llm_refused"
    assert (line.outcome, line.input_tokens, line.output_tokens, usd(line.cost)) == ("failed", 1000, 100, PAID)
    assert spent(asking, budget) == picos(PAID)
    assert len(server.requests) == 1


def test_a_filter_that_says_nothing_of_tokens_costs_the_input_at_most(asking: Asking) -> None:
    code, _ = failure(run(asking, prompt="please-filtered"))

    (line,) = asking.lines()
    assert code == "llm_refused"
    assert (line.outcome, line.output_tokens) == ("failed", 0)


@pytest.mark.parametrize("place", ["prompt", "system", "model"])
def test_a_template_that_asks_for_a_secret_is_refused_with_its_place(asking: Asking, place: str) -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        run(asking, **{place: "Tell me {{ secrets.crm }}"})

    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("WF_SECRET_NOT_ALLOWED", f"nodes[0].config.{place}")


# --- tools and streams


def test_malformed_tool_arguments_are_told_to_the_model_which_may_mend_them(
    asking: Asking, server: ModelServer
) -> None:
    server.script([Reply("", calls=(Call("weather", '{"city": "Par'),)), Reply("I cannot say.")])

    finished = run(asking, "agent", tools=[{**WEATHER, "config": {"url": "http://127.0.0.1:9/"}}])

    shown = str(server.requests[-1][2]["messages"])
    assert finished.status == "succeeded"
    assert "the arguments are no JSON object" in shown
    assert [usd(line.cost) for line in asking.lines()] == [PAID, PAID]


def test_a_tool_that_never_returns_is_left_behind_and_the_model_is_told(asking: Asking, server: ModelServer) -> None:
    silent = LocalServer()
    server.script([Reply("", calls=(Call("weather", {"city": "Bonn"}),)), Reply("It does not answer.")])
    tool = {**WEATHER, "config": {"url": f"http://127.0.0.1:{silent.port}/silent"}}

    with running(silent, silent.ended):
        finished = run(asking, "agent", tools=[tool], tool_timeout=0.3)
        silent.ended.set()

    assert finished.status == "succeeded"
    assert "tool_timeout" in str(server.requests[-1][2]["messages"])


def test_a_model_that_calls_tools_for_ever_is_stopped_and_every_call_is_paid_for(
    asking: Asking, server: ModelServer
) -> None:
    events = MemoryEventStore()
    server.script(Reply("", calls=(Call("weather", {"city": "Bonn"}),)) for _ in range(9))
    config = {"model": GPT, "prompt": "?", "max_tokens": 100, "max_steps": 3, "tools": [_offline(WEATHER)]}
    document = {"name": "t", "nodes": [{"id": "n", "type": "agent", "config": config, "retry": {"max_attempts": 1}}]}

    finished = run_workflow(document, runners=node_runners(ask=asking.ask, events=events))

    assert failure(finished)[0] == "agent_step_limit"
    assert len(server.requests) == 3
    assert [usd(line.cost) for line in asking.lines()] == [PAID] * 3


def test_a_stream_without_an_end_is_left_at_its_deadline_and_paid_for(asking: Asking, server: ModelServer) -> None:
    watched = Watched()

    code, _ = failure(run(asking, prompt="please-endless", timeout=0.5, live=watched))

    (line,) = asking.lines()
    assert code == "llm_timeout"
    assert watched.seen[-1] == ("error", "llm_timeout")
    assert (line.outcome, line.output_tokens) == ("failed", 100)
    assert server.left.wait(10), "the connection is let go of"


def test_a_stream_that_floods_is_left_where_no_answer_is_that_long(asking: Asking, server: ModelServer) -> None:
    code, _ = failure(run(asking, prompt="please-flood", live=Watched()))

    assert code == "llm_bad_response"
    assert [line.outcome for line in asking.lines()] == ["failed"]
    assert server.left.wait(10)


# --- budgets


def test_a_budget_of_zero_blocks_what_costs_and_lets_the_built_in_provider_through(
    asking: Asking, server: ModelServer
) -> None:
    asking.budget("0")

    code, message = failure(run(asking))
    free = run(asking, model="extractive", context=["A loom weaves cloth."])

    assert code == "budget_exceeded"
    assert "0 USD left" in message
    assert server.requests == []
    assert free.status == "succeeded"


def test_of_two_budgets_in_conflict_the_stricter_decides_and_is_named(asking: Asking, server: ModelServer) -> None:
    asking.budget("0.00001", id="mild", action="approve")
    asking.budget("0.00001", id="strict", scope="workflow", subject="workflow", action="block")

    code, message = failure(run(asking))

    assert code == "budget_exceeded"
    assert "strict" in message
    assert server.requests == []


def test_a_budget_that_asks_for_approval_holds_the_run_until_somebody_decides(
    asking: Asking, server: ModelServer
) -> None:
    asking.budget("0.00001", action="approve")
    held: list[Any] = []

    def decide(waiting: Any) -> Outcome:
        held.append(waiting)
        asking.budget("1", action="approve", version=2)
        return Outcome({"decision": "approve"})

    values = {"model": GPT, "prompt": "What does a loom weave?", "max_tokens": 100}
    document = {"name": "test", "nodes": [{"id": "n", "type": "llm", "config": values}]}
    finished = run_workflow(document, runners=node_runners(ask=asking.ask), decide=decide)

    assert finished.status == "succeeded"
    assert [(each.kind, each.config["details"]["budget_id"]) for each in held] == [("hold", "b")]
    assert len(server.requests) == 1
    assert [usd(line.cost) for line in asking.lines()] == [PAID]


def test_a_price_that_changes_in_the_middle_of_a_month_holds_from_its_moment_on(asking: Asking) -> None:
    asking.configure(prices=(PriceOverride("openai", "gpt-5-mini", "1", "10", "2026-01-15T00:00:00+00:00"),))
    budget = asking.budget("1")

    run(asking)
    asking.sleep(timedelta(days=20).total_seconds())
    run(asking)

    lines = [line for day in (1, 21) for line in asking.spend.of_day(TENANT, date(2026, 1, day), limit=9).items]
    assert [(usd(line.cost), line.prices) for line in lines][1] == ("0.002", "tenant 2026-01-15")
    assert usd(lines[0].cost) == PAID
    assert spent(asking, budget) == picos(PAID) + picos("0.002")


@pytest.mark.parametrize("skew", [timedelta(hours=-1), timedelta(days=2)])
def test_a_clock_that_jumps_during_a_call_moves_no_money_to_another_window(asking: Asking, skew: timedelta) -> None:
    before = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    asking.at = before
    budget = asking.budget("1")
    connect = asking.connecting
    assert connect is not None

    def late(tenant: str, candidate: Any) -> Any:
        provider = connect(tenant, candidate)
        complete = provider.complete

        class Skewed:
            def complete(self, request: Any) -> Any:
                asking.at += skew
                return complete(request)

        return Skewed()

    asking.connecting = late
    finished = run(asking)

    (line,) = asking.spend.of_day(TENANT, before.date(), limit=9).items
    assert finished.status == "succeeded"
    assert (line.at[:19], usd(line.cost)) == ("2026-01-31T23:59:59", PAID)
    assert spent(asking, budget) == picos(PAID)


def test_calls_side_by_side_never_pass_a_budget(asking: Asking, server: ModelServer) -> None:
    budget = asking.budget("0.002")
    longer = {"prompt": "word " * 300}  # so that it may well have the thousand tokens that the server counts
    threads = [threading.Thread(target=run, args=(asking,), kwargs=longer) for _ in range(12)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    total = sum(line.cost for line in asking.lines())
    assert 0 < total == spent(asking, budget) <= picos("0.002")
    assert len(server.requests) == len(asking.lines())


def spent(asking: Asking, budget: Budget) -> int:
    """Return what is spent of a budget of the tenant in January 2026, in picodollars."""
    key = CounterKey(budget.id, budget.generation, "*", "2026-01")
    counter = asking.spend.look(TENANT, keys=[key]).counters[key]
    assert counter.reserved == 0
    return counter.spent


def _offline(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "type": "template", "config": {"template": "Sunny in {{ args.city }}."}}
