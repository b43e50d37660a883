"""Advice on how models are called: many tiny calls, room that is never used, hours and days that stand out."""

from statistics import median

from heddle.application.ports.usage import LedgerLine
from heddle.application.usage.observed import (
    ENOUGH_CALLS,
    MANY_CALLS,
    Observed,
    Recommendation,
    confidence,
    monthly,
)
from heddle.domain.money import usd

TINY_INPUT_TOKENS, TINY_OUTPUT_TOKENS, TINY_CALLS, BATCH = 1_000, 100, 50, 10
ROOM_FACTOR = 4
HOUR_SHARE_PERCENT, DAY_FACTOR, PATTERN_DAYS = 50, 4, 7


def batches(seen: Observed) -> list[Recommendation]:
    """Look for nodes that ask many tiny questions in one run: what all of them begin with is paid each time."""
    runs: dict[tuple[str, str, str], list[LedgerLine]] = {}
    for line in seen.lines:
        if line.run_id and not line.cached and line.outcome == "ok":
            runs.setdefault((line.workflow_id, line.node_id, line.run_id), []).append(line)
    nodes: dict[tuple[str, str], list[list[LedgerLine]]] = {}
    for (workflow, node, _), lines in runs.items():
        tiny = all(
            line.input_tokens <= TINY_INPUT_TOKENS and line.output_tokens <= TINY_OUTPUT_TOKENS for line in lines
        )
        if len(lines) >= TINY_CALLS and tiny:
            nodes.setdefault((workflow, node), []).append(lines)
    found = []
    for (workflow, node), groups in nodes.items():
        saving = calls = 0
        for lines in groups:
            price = seen.prices.get((lines[0].provider, lines[0].model))
            shared = min(line.input_tokens for line in lines)
            calls += len(lines)
            if price is not None:
                saving += price(shared * (len(lines) - -(-len(lines) // BATCH)), 0)
        found.append(
            Recommendation(
                "RequestBatching",
                f"{workflow}/{node}",
                f"ask about {BATCH} items at a time: the instructions are sent once for all of them",
                monthly(saving, seen.days),
                "medium" if len(groups) > 1 else "low",
                "medium",
                "medium",
                {
                    "calls": calls,
                    "runs": len(groups),
                    "least_input_tokens": min(line.input_tokens for lines in groups for line in lines),
                    "batch": BATCH,
                    "days": seen.days,
                },
            )
        )
    return found


def parameters(seen: Observed) -> list[Recommendation]:
    """Find nodes whose answers are far shorter than they may be."""
    nodes: dict[tuple[str, str], list[LedgerLine]] = {}
    for line in seen.lines:
        if (line.workflow_id, line.node_id) in seen.max_tokens and line.outcome == "ok" and not line.cached:
            nodes.setdefault((line.workflow_id, line.node_id), []).append(line)
    found = []
    for key, lines in nodes.items():
        longest, allowed = max(line.output_tokens for line in lines), seen.max_tokens[key]
        if len(lines) < ENOUGH_CALLS or longest * ROOM_FACTOR > allowed:
            continue
        enough = max(64, -(-longest * 2 // 64) * 64)
        price = seen.prices.get((lines[0].provider, lines[0].model))
        freed = price(0, allowed) - price(0, enough) if price is not None else 0
        found.append(
            Recommendation(
                "ParameterOptimization",
                "/".join(key),
                f"set max_tokens to {enough}: budgets reserve by it, so more calls fit beside each other",
                0,
                confidence(len(lines)),
                "low",
                "low",
                {
                    "calls": len(lines),
                    "max_tokens": allowed,
                    "longest_answer_tokens": longest,
                    "reserved_less_usd_per_call": usd(freed),
                },
            )
        )
    return found


def hours_of_the_day(seen: Observed) -> list[Recommendation]:
    """Find an hour in which half of all calls are made."""
    hours: dict[str, int] = {}
    days = {line.at[:10] for line in seen.lines}
    for line in seen.lines:
        hours[line.at[11:13]] = hours.get(line.at[11:13], 0) + 1
    if len(days) < PATTERN_DAYS or len(seen.lines) < MANY_CALLS:
        return []
    hour, calls = max(hours.items(), key=lambda item: item[1])
    if calls * 100 < HOUR_SHARE_PERCENT * len(seen.lines) or len(hours) == 1:
        return []
    return [
        Recommendation(
            "UsagePattern",
            f"{hour}:00 UTC",
            "spread these calls over the day, or leave them to a provider's batch service: limits are met at once",
            0,
            "medium",
            "medium",
            "low",
            {
                "calls_in_the_hour": calls,
                "calls": len(seen.lines),
                "share_percent": round(calls * 100 / len(seen.lines), 1),
                "days": len(days),
            },
        )
    ]


def dear_days(seen: Observed) -> list[Recommendation]:
    """Find days that cost several times what is usual."""
    spent: dict[str, int] = {}
    for row in seen.rows:
        spent[row.day] = spent.get(row.day, 0) + row.cost
    if len(spent) < PATTERN_DAYS:
        return []
    usual = int(median(spent.values()))
    high = {day: cost for day, cost in spent.items() if usual and cost > DAY_FACTOR * usual}
    if not high:
        return []
    over = sum(cost - usual for cost in high.values())
    return [
        Recommendation(
            "UsagePattern",
            ", ".join(sorted(high)),
            "look at who called on these days, and set a daily budget for them",
            monthly(over, seen.days),
            "low",
            "low",
            "low",
            {
                "usual_day_usd": usd(usual),
                "highest_day_usd": usd(max(high.values())),
                "over_usd": usd(over),
                "days_with_use": len(spent),
            },
        )
    ]
