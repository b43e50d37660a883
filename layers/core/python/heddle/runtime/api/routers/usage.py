"""Usage and cost: reports, export, statistics, advice, the calls of a run, and forecasts."""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any

from heddle.application.usage.export import as_csv, line_json, lines_between, newest_lines
from heddle.application.usage.report import DIMENSIONS, FILTERS, report
from heddle.application.usage.statistics import statistics
from heddle.domain.events.envelope import StreamId
from heddle.errors import InvalidInput, NotFound
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

MAX_DAYS, DEFAULT_DAYS = 366, 30
NEXT_CURSOR = "X-Next-Cursor"
"""Where a CSV page, which has no room for it, says how to go on."""

HEAD = 2**53
"""After every version that a stream can have: reading behind it gives the head and nothing else."""


@endpoint("get_usage")
def get_usage(services: Services, request: Request) -> Reply:
    """GET /usage."""
    first, last = _period(services, request.query)
    group_by = _group_by(request.query["group_by"])
    only = {name: request.query[name] for name in FILTERS if request.query[name] is not None}
    found = report(request.tenant, services.ports.ledger.sums(request.tenant, first, last), group_by, only)
    shown = found.groups[: request.query["limit"]]
    return Reply(
        200,
        {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "time_zone": "UTC",
            "group_by": list(group_by),
            "totals": found.totals.to_json(),
            "groups": [{"group": key, **sums.to_json()} for key, sums in shown],
            "groups_total": len(found.groups),
        },
    )


@endpoint("export_usage")
def export_usage(services: Services, request: Request) -> Reply:
    """GET /usage/export: pages of ledger lines; the first page of a CSV has the names of the columns."""
    query = request.query
    if query["day"] is not None and (query["from"] is not None or query["to"] is not None):
        raise _wrong("day", "send either day, or from and to")
    period = {"from": query["day"], "to": query["day"]} if query["day"] is not None else query
    first, last = _period(services, period, names=("day", "day") if query["day"] is not None else ("from", "to"))
    cursor = query["cursor"]
    page = lines_between(services.ports.ledger, request.tenant, first, last, limit=query["limit"], cursor=cursor)
    if query["format"] == "json":
        return Reply(200, {"items": [line_json(line) for line in page.items], "cursor": page.cursor})
    headers = {"Content-Disposition": f'attachment; filename="usage-{first}-{last}.csv"'}
    if page.cursor is not None:
        headers[NEXT_CURSOR] = page.cursor
    return Reply(200, as_csv(page.items, header=cursor is None), headers, "text/csv; charset=utf-8")


@endpoint("usage_statistics")
def usage_statistics(services: Services, request: Request) -> Reply:
    """GET /usage/statistics; compared with as many days before."""
    days, ledger = request.query["days"], services.ports.ledger
    today = _today(services)
    first = today - timedelta(days=days - 1)
    rows = ledger.sums(request.tenant, first - timedelta(days=days), today)
    now = [row for row in rows if row.day >= first.isoformat()]
    before = [row for row in rows if row.day < first.isoformat()]
    answer = {"from": first.isoformat(), "to": today.isoformat(), "time_zone": "UTC"}
    lines = newest_lines(ledger, request.tenant, {row.day for row in now})
    return Reply(200, answer | statistics(request.tenant, now, before, lines, today))


@endpoint("list_run_calls")
def list_run_calls(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}/calls."""
    run_id = request.params["run_id"]
    if services.ports.events.read(StreamId(request.tenant, "run", run_id), after=HEAD).version == 0:
        raise NotFound(f"there is no run {run_id!r}", code="run_not_found")
    query = request.query
    page = services.ports.ledger.of_run(request.tenant, run_id, limit=query["limit"], cursor=query["cursor"])
    return Reply(200, {"items": [line_json(line) for line in page.items], "cursor": page.cursor})


@endpoint("usage_recommendations")
def usage_recommendations(services: Services, request: Request) -> Reply:
    """GET /usage/recommendations."""
    days = request.query["days"]
    advice = services.advise(request.tenant, days=days)
    items = [each.to_json() for each in advice.recommendations]
    return Reply(200, {"days": days, "lines": advice.lines, "items": items, "cursor": None})


@endpoint("forecast_workflow")
def forecast_workflow(services: Services, request: Request) -> Reply:
    """POST /workflows/{workflow_id}/forecast."""
    from heddle.runtime.api.bodies.usage import ForecastBody

    body = request.model(ForecastBody, optional=True)
    forecast = services.forecast_run(request.tenant, request.params["workflow_id"], body.input, body.version)
    return Reply(200, forecast.to_json())


def _period(services: Services, query: Mapping[str, Any], names: tuple[str, str] = ("from", "to")) -> tuple[date, date]:
    """Return the days asked for; InvalidInput that names the wrong parameter."""
    last = _day(names[1], query["to"]) if query["to"] is not None else _today(services)
    first = _day(names[0], query["from"]) if query["from"] is not None else last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise _wrong(names[0], f"must not be after {names[1]}")
    if (last - first).days >= MAX_DAYS:
        raise _wrong(names[0], f"must be at most {MAX_DAYS} days before {names[1]}, both included")
    return first, last


def _day(name: str, text: str) -> date:
    try:
        if len(text) != 10:  # ISO 8601 has other spellings of a day, which nobody should have to guess about
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(name, "must be a day such as 2026-01-31") from None


def _group_by(text: str | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if text is not None and (not names or not set(names) <= set(DIMENSIONS)):
        raise _wrong("group_by", f"must be a comma list of {', '.join(DIMENSIONS)}")
    return names


def _today(services: Services) -> date:
    return services.now().astimezone(UTC).date()


def _wrong(name: str, message: str) -> InvalidInput:
    return InvalidInput(f"{name} {message}", code="invalid_parameter", errors=[{"field": name, "message": message}])
