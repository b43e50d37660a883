"""What a run may cost, before it starts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from heddle.adapters.memory.catalog import MemoryCatalogStore
from heddle.adapters.memory.runs import MemoryRunStore
from heddle.adapters.nodes.ai import summarise
from heddle.application.execution.plans import CatalogPlans
from heddle.application.ports.catalog import VersionRow, WorkflowRow
from heddle.application.ports.models import CompletionRequest
from heddle.application.ports.runs import RunSummary
from heddle.application.usage import most_calls
from heddle.application.usage.estimate import PricedModel, PriceModel, estimate
from heddle.application.usage.forecast import ForecastRun
from heddle.application.usage.history import LATEST, ended_runs, past_runs, spread
from heddle.application.workflows.check_input import check_input
from heddle.application.workflows.find_workflow import FindWorkflow
from heddle.domain.engine.plan import PlanNode
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.money import picos, usd
from heddle.errors import InvalidInput, NotFound
from tests.support.graphs import ForEach, cheap, plan_of

NOW = datetime(2026, 1, 31, tzinfo=UTC)
READ, WRITTEN = 10, 100


def price(name: str | None) -> PricedModel | str:
    """Price models: a token is a byte, reading costs 10 picodollars and writing 100."""
    if name == "unpriced":
        return "nobody knows what unpriced costs"
    return PricedModel(
        name or "default",
        "a list",
        lambda read, written: READ * read + WRITTEN * written,
        lambda request: len(request.prompt),
        len,
    )


def llm(node_id: str, prompt: str, type: str = "llm", **fields: Any) -> PlanNode:
    config = {"prompt": prompt, "max_tokens": 50, **fields.pop("config", {})}
    return PlanNode(id=node_id, type=type, host="function", config=config, function="llm", **fields)


def test_known_text_is_counted_and_an_answer_costs_from_one_token_to_all_of_them() -> None:
    found = estimate(plan_of([llm("a", "x" * 40), cheap("b")]), {}, price, "2026-01-31")

    (node,) = found.nodes
    assert (node.low, node.high) == (READ * 40 + WRITTEN, READ * 40 + WRITTEN * 50)
    assert (node.items, node.calls) == (1, 1)
    assert found.to_json()["high_usd"] == usd(node.high)


def test_what_the_input_gives_is_counted_and_what_only_a_run_can_tell_is_assumed() -> None:
    plan = plan_of([llm("a", "ab{{ input.text }}{{ input.deep.list[1] }}{{ nodes.z.output }}")])

    known = estimate(plan, {"text": "12345", "deep": {"list": [0, [1]]}}, price, "2026-01-31").nodes[0]
    unknown = estimate(plan, None, price, "2026-01-31").nodes[0]

    text = len("ab\n12345\n[1]")
    assert (known.low, known.high) == (READ * text + WRITTEN, READ * (text + most_calls.UNKNOWN_BYTES) + WRITTEN * 50)
    assert unknown.high == READ * (2 + 3 * most_calls.UNKNOWN_BYTES) + WRITTEN * 50
    assert any("only a run can tell" in note for note in unknown.assumptions)


def test_what_a_model_upstream_writes_is_at_most_its_own_answer() -> None:
    plan = plan_of([llm("a", ""), llm("b", "{{ nodes.a.output.text }}")], [("a", "b")])

    assert estimate(plan, {}, price, "2026-01-31").nodes[1].high == READ * 4 * 50 + WRITTEN * 50


def test_items_multiply_where_the_input_tells_how_many_there_are() -> None:
    plan = plan_of([llm("a", "x", for_each=ForEach("{{ input.pages }}"))])

    known, unknown = (estimate(plan, given, price, "2026-01-31") for given in ({"pages": [1, 2, 3]}, {}))

    assert (known.nodes[0].items, known.nodes[0].high) == (3, 3 * unknown.nodes[0].high)
    assert unknown.nodes[0].items is None
    assert any("for one item" in note for note in unknown.assumptions)


def test_an_agent_reads_all_again_at_every_step_and_its_own_limit_holds() -> None:
    plain, one, capped = (
        estimate(plan_of([llm("a", "x", type="agent", config=config)]), {}, price, "2026-01-31").nodes[0]
        for config in ({"max_steps": 3}, {"max_steps": 1}, {"max_steps": 3, "max_cost_usd": "0.0000000001"})
    )

    assert plain.calls == 3
    assert plain.high == 3 * one.high + READ * 3 * (50 + most_calls.UNKNOWN_BYTES)
    assert capped.high == capped.low == 100


@pytest.mark.parametrize(
    ("type", "config", "calls"),
    [
        ("llm", {}, 1),
        ("llm", {"output_schema": {"type": "object"}}, 2),
        ("write", {}, 1),
        ("classify", {}, 2),
        ("extract", {}, 2),
        ("research", {}, 4),
        ("analyze", {"model": "best"}, 1),
    ],
)
def test_an_answer_that_must_fit_a_schema_may_be_asked_for_twice(type: str, config: dict[str, Any], calls: int) -> None:
    (node,) = estimate(plan_of([llm("a", "x", type=type, config=config)]), {}, price, "2026-01-31").nodes

    assert node.calls == calls
    assert node.high >= calls * WRITTEN * 50


def test_an_analysis_costs_nothing_unless_it_names_a_model() -> None:
    assert estimate(plan_of([llm("a", "x", type="analyze")]), {}, price, "2026-01-31").nodes == ()


def test_a_long_text_is_summarised_part_by_part() -> None:
    config = {"text": "{{ input.text }}", "part_tokens": 1000}
    plan = plan_of([llm("a", "", type="summarise", config=config)])

    short, long = (estimate(plan, {"text": "x" * n}, price, "2026-01-31").nodes[0] for n in (100, 40_000))

    assert short.calls == 1
    assert long.calls == 16  # fifteen parts of 3,000 with what goes with them, whose summaries fit at once
    assert long.high > READ * 40_000 + 16 * WRITTEN * 50


def test_an_estimate_knows_the_limits_of_the_nodes_themselves() -> None:
    assert (most_calls.CHARS_PER_TOKEN, most_calls.MOST_LEVELS) == (summarise.CHARS_PER_TOKEN, summarise.MOST_LEVELS)


def test_vectors_are_priced_by_what_is_read_with_the_model_that_embeds() -> None:
    config = {"text": "x" * 40}
    node = PlanNode(id="a", type="embed", host="function", config=config, function="llm")

    (found,) = estimate(plan_of([node]), {}, price, "2026-01-31").nodes

    assert (found.model, found.low, found.high) == ("embed", READ * 40, READ * 40)


@pytest.mark.parametrize("model", ["unpriced", "{{ input.model }}"])
def test_a_model_without_a_price_is_said_and_not_taken_for_free(model: str) -> None:
    found = estimate(plan_of([llm("a", "x", config={"model": model})]), {}, price, "2026-01-31")

    assert found.nodes[0].calls == 0
    assert any(note.startswith("a: ") and ("nobody" in note or "only a run" in note) for note in found.assumptions)


def test_infrastructure_is_told_for_every_mode_that_the_graph_allows() -> None:
    plan = replace(plan_of([llm("a", "x")]), modes=("express", "standard"))

    found = estimate(plan, {}, price, "2026-01-31").infrastructure

    assert list(found) == ["express", "standard"]
    assert 0 < found["express"] < found["standard"] < picos("0.01")


def test_spread_is_by_nearest_rank() -> None:
    assert spread([5]) == spread([5, 5])
    found = spread(list(range(1, 101)))
    assert (found.p50, found.p95, found.mean) == (50, 95, 51)


def run(number: int, status: str = "succeeded", **values: Any) -> RunSummary:
    base = RunSummary("acme", f"r{number:04}", "w", 1, status, 9, f"2026-01-01T00:00:00.{number:06}+00:00")
    return replace(base, cost_usd="0.5", infrastructure_usd="0.001", duration_ms=100.0, **values)


class Fixture:
    def __init__(self) -> None:
        self.runs, self.catalog = MemoryRunStore(), MemoryCatalogStore()
        schema = {"type": "object", "properties": {"pages": {"type": "array"}}}
        plan = replace(plan_of([llm("a", "x")]), mode="express", modes=("express", "standard"), input_schema=schema)
        for version in (1, 2):
            self.catalog.save_version(
                WorkflowRow("acme", "w", "W", "", version, {}, NOW, NOW, "ada"),
                VersionRow("acme", "w", version, {}, plan_to_json(plan), NOW, "ada"),
                expected_version=version - 1,
            )
        self.forecast = ForecastRun(
            FindWorkflow(self.catalog), CatalogPlans(self.catalog), self.runs, self.prices, check_input, lambda: NOW
        )

    def prices(self, tenant: str) -> PriceModel:
        assert tenant == "acme"
        return price

    def add(self, *runs: RunSummary) -> None:
        for each in runs:
            self.runs.apply(each, [], expected_position=0)


def test_five_ended_runs_are_a_history() -> None:
    fixture = Fixture()
    fixture.add(*(run(number) for number in range(3)), run(3, "failed", workflow_version=2), run(4, "cancelled"))
    fixture.add(run(5, "running"))

    found = fixture.forecast("acme", "w", None).to_json()

    assert (found["basis"], found["version"]) == ("history", 2)
    assert found["likely_usd"] == found["high_usd"] == "0.501"
    assert found["history"]["runs"] == 5
    assert found["history"]["versions"] == {"1": 4, "2": 1}
    assert found["history"]["outcomes"] == {"succeeded": 3, "failed": 1, "cancelled": 1}
    assert found["history"]["duration_ms"] == {"p50": 100, "p95": 100, "mean": 100}


def test_of_a_version_only_its_own_runs_count_and_four_are_too_few() -> None:
    fixture = Fixture()
    fixture.add(*(run(number, workflow_version=1 + (number % 5 == 0)) for number in range(20)))

    found = fixture.forecast("acme", "w", {}, 2).to_json()

    assert (found["basis"], found["history"]["runs"]) == ("estimate", 4)
    express = picos(found["estimate"]["infrastructure_usd"]["express"])
    assert picos(found["likely_usd"]) == picos(found["estimate"]["low_usd"]) + express
    assert picos(found["high_usd"]) == picos(found["estimate"]["high_usd"]) + express


def test_only_the_latest_hundred_runs_count() -> None:
    fixture = Fixture()
    fixture.add(*(run(number) for number in range(120)))

    found = ended_runs(fixture.runs, "acme", "w")

    assert len(found) == LATEST
    assert found[0].id == "r0119"


def test_a_workflow_that_has_never_run_is_estimated() -> None:
    found = Fixture().forecast("acme", "w", None)

    assert (found.basis, found.history) == ("estimate", None)
    assert past_runs([]) is None


def test_bad_input_and_unknown_workflows_are_refused() -> None:
    forecast = Fixture().forecast

    with pytest.raises(InvalidInput, match=r"input\.pages"):
        forecast("acme", "w", {"pages": 3})
    with pytest.raises(NotFound):
        forecast("acme", "other", None)
    with pytest.raises(NotFound):
        forecast("acme", "w", None, 3)
    with pytest.raises(NotFound):
        forecast("evil", "w", None)


def test_a_request_is_bounded_by_the_models_own_rule() -> None:
    asked: list[CompletionRequest] = []

    def bound(request: CompletionRequest) -> int:
        asked.append(request)
        return 7

    def bounded(name: str | None) -> PricedModel:
        return PricedModel("m", "s", lambda read, written: read, bound, len)

    assert estimate(plan_of([llm("a", "hello")]), {}, bounded, "2026-01-31").nodes[0].high == 7
    assert (asked[0].prompt, asked[0].max_tokens) == ("hello", 50)
