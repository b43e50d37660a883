"""What a run's infrastructure costs, against sums made by hand from the list prices."""

from dataclasses import replace

from heddle.application.runs.read_run import fold
from heddle.domain.money import picos, usd
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.domain.usage.infrastructure import (
    COUNTS,
    PRICES,
    SERVICES,
    add_commit,
    cost_of,
    counts_of,
    prices_at,
    total_of,
)
from heddle.testing.run_workflow import Workbench
from heddle.testing.virtual_time import VirtualTime
from tests.support.graphs import cheap, plan_of, work

NOTHING = dict.fromkeys(COUNTS, 0)
TODAY = prices_at("2026-01-01")


def test_a_thousand_transitions_cost_what_the_list_says() -> None:
    costs = cost_of(NOTHING | {"transitions": 1000}, TODAY, "standard")

    assert usd(costs["step_functions"]) == "0.025"


def test_a_gigabyte_for_a_second_costs_what_the_list_says_of_each_architecture() -> None:
    counts = NOTHING | {"mb_ms": 1024 * 1000, "invocations": 1_000_000}

    arm, intel = (cost_of(counts, TODAY, "inline", kind)["lambda"] for kind in ("arm64", "x86_64"))

    assert (usd(arm), usd(intel)) == ("0.2000133334", "0.2000166667")


def test_an_express_execution_is_billed_in_pieces_of_a_tenth_of_a_second_and_64_megabytes() -> None:
    costs = [
        cost_of(NOTHING | {"executions": 1, "execution_ms": ms}, TODAY, "express")["step_functions"]
        for ms in (1, 100, 101)
    ]

    # 0.1 s with 1/16 GB at 0.00001667 USD is 104,187.5 picodollars.
    assert costs == [1_000_000 + 104_188, 1_000_000 + 104_188, 1_000_000 + 208_375]


def test_inline_and_express_runs_pay_for_no_transitions() -> None:
    counts = NOTHING | {"transitions": 10}

    assert cost_of(counts, TODAY, "inline")["step_functions"] == 0
    assert cost_of(counts, TODAY, "express")["step_functions"] == 0


def test_a_commit_is_written_in_a_transaction_with_a_condition_on_the_one_before() -> None:
    first = counts_of({"bytes": 700, "events": 1})
    second = counts_of({"bytes": 1500, "events": 3}, head_bytes=700)

    assert (first["write_units"], second["write_units"]) == (1 + 1, 2 + 1)
    assert cost_of(second, TODAY, "inline")["dynamodb"] == 3 * 2 * picos("0.000000625")
    assert cost_of(second, TODAY, "inline")["eventbridge"] == 3 * picos("0.000001")


def test_prices_are_those_of_the_day() -> None:
    dearer = replace(PRICES[0], effective_from="2027-01-01", transition=2 * PRICES[0].transition)
    tables = (*PRICES, dearer)

    assert prices_at("2026-12-31T23:59:59+00:00", tables) is PRICES[0]
    assert prices_at("2027-01-01T00:00:00+00:00", tables) is dearer
    assert prices_at("1999-01-01", tables) is PRICES[0]


def test_commits_add_up_service_by_service() -> None:
    meter = {"mode": "standard", "transitions": 4, "invocations": 1, "ms": 100, "mb": 512, "events": 2, "bytes": 900}

    once = add_commit({}, meter, "2026-01-01")
    twice = add_commit(once, meter, "2026-01-01")

    assert twice["transitions"] == 8
    assert twice["mb_ms"] == 2 * 100 * 512
    assert twice["step_functions"] == 2 * once["step_functions"] == 8 * picos("0.000025")
    assert total_of(twice) == sum(twice[service] for service in SERVICES)


def test_a_run_costs_what_its_commits_say_when_they_are_counted_by_hand() -> None:
    clock = VirtualTime()

    def slow(task: NodeTask) -> NodeResult:
        clock.sleep(0.25)
        return NodeResult("x" * 40_000)

    plan = plan_of([cheap("s"), work("a"), cheap("z")], [("s", "a"), ("a", "z")])
    bench = Workbench(plan, runners={"work": slow}, time=clock)
    bench.settings = replace(bench.settings, memory_mb=1024)
    run = bench.request()

    finished = bench.drive(run)

    summary = fold(bench.history(run)).summary
    commits = [event.meter for event in bench.history(run) if event.meter is not None]
    sizes = [meter["bytes"] for meter in commits]
    units = sum(-(-(size + 256) // 1024) for size in sizes) + 1
    units += sum(-(-(size + 256) // 1024) for size in sizes[:-1])
    events = len(finished.events)
    expected = (
        2 * units * 625_000
        + 1 * 125_000  # the history is read once
        + events * 1_000_000
        + 200_000  # one call carried the whole run
        + 13_333_400 // 4  # of 250 ms with a gigabyte
        + 1 * 5_000_000  # and one output of 40 KB is an object
    )
    assert summary.measured["ms"] == 250
    assert summary.infrastructure_usd == usd(expected)
    assert summary.cost_usd == "0"


def test_a_history_from_before_anything_was_measured_costs_what_its_commits_are() -> None:
    counts = counts_of({"events": 4, "bytes": 2000})

    assert (counts["commits"], counts["write_units"], counts["invocations"]) == (1, 4, 0)
