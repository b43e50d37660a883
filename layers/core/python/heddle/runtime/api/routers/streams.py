"""Live output of runs: frames as JSON, or the same as server-sent events in one answer that ends."""

import re
from typing import Any

import orjson

from heddle.application.ports.topics import Frame
from heddle.application.streams.follow_run import LivePage
from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

EVENT_STREAM = "text/event-stream"
PAGE_BYTES = 4 * 1024 * 1024
"""An answer of Lambda holds 6 MB; frames beyond go into the next page."""
RETRY_MS = 500
"""When an EventSource connects again after an answer: soon, because each answer ends."""
NOT_LIVE = "This run was not started with `live: true`: GET /runs/{run_id}/events tells what its nodes did."

_EVENT_ID = re.compile(r"(\d{1,15})(-end)?")


@endpoint("stream_run")
def stream_run(services: Services, request: Request) -> Reply:
    """GET /runs/{run_id}/stream."""
    query, run_id = request.query, request.params["run_id"]
    seen, told_end = _last_event_id(request)
    after = max(query["after"], seen)
    page = services.follow_run(request.tenant, run_id, after=after, wait=float(query["wait"]), limit=query["limit"])
    page = _bounded(page)
    if EVENT_STREAM not in request.headers.get("accept", ""):
        return Reply(200, _json(page, after))
    if told_end and page.ended and not page.frames:
        return Reply(204)  # what makes an EventSource stop connecting again
    return Reply(200, _events(page, after, request.correlation_id, services.now().isoformat()), media_type=EVENT_STREAM)


def _json(page: LivePage, after: int) -> dict[str, Any]:
    return {
        "items": [{"seq": frame.seq, "type": frame.type, "data": frame.data, "at": frame.at} for frame in page.frames],
        "next_after": page.frames[-1].seq if page.frames else after,
        "ended": page.ended,
        "hint": None if page.live else NOT_LIVE,
    }


def _events(page: LivePage, after: int, connection_id: str, at: str) -> str:
    """Return the page as the text of an event stream; `id` is a frame's number, which comes back as Last-Event-ID."""
    here = {"connection_id": connection_id, "timestamp": at}
    lines = [f"retry: {RETRY_MS}\n\n", _event("connected", here if page.live else {**here, "hint": NOT_LIVE})]
    lines += [_event(*_named(frame), id=str(frame.seq)) for frame in page.frames]
    last = page.frames[-1].seq if page.frames else after
    if page.ended:
        lines.append(_event("done", "[DONE]", id=f"{last}-end"))
    elif not page.frames:
        lines.append(_event("heartbeat", here))
    return "".join(lines)


def _named(frame: Frame) -> tuple[str, Any]:
    """Return the event that a frame is: text as chunks, the last of which is `complete`; the rest under their names."""
    who = {name: value for name, value in frame.data.items() if name not in ("text", "usage")}
    if frame.type == "token":
        return "chunk", _chunk(frame.data["text"], who, frame.at, final=False)
    if frame.type == "done":
        usage = frame.data["usage"]
        tokens = {"token_count": usage["output_tokens"]} if "output_tokens" in usage else {}
        return "complete", _chunk("", {**who, **usage, **tokens}, frame.at, final=True)
    if frame.type == "error":
        return "error", frame.data["message"]
    return frame.type, {**frame.data, "timestamp": frame.at}


def _chunk(content: str, metadata: dict[str, Any], at: str, *, final: bool) -> dict[str, Any]:
    return {"content": content, "is_final": final, "metadata": metadata, "timestamp": at}


def _event(name: str, data: Any, *, id: str | None = None) -> str:
    # JSON has no line break in it; plain text may, and each of its lines is a `data` of its own.
    lines = data.splitlines() or [""] if isinstance(data, str) else [orjson.dumps(data).decode()]
    marked = f"id: {id}\n" if id is not None else ""
    return f"{marked}event: {name}\n" + "".join(f"data: {line}\n" for line in lines) + "\n"


def _last_event_id(request: Request) -> tuple[int, bool]:
    """Return the number in Last-Event-ID, 0 without one, and whether the end was told with it."""
    given = request.headers.get("last-event-id", "")
    if not given:
        return 0, False
    found = _EVENT_ID.fullmatch(given) if given.isascii() else None
    if found is None:
        rule = "must be the `id` of an event of this stream"
        raise InvalidInput(
            f"Last-Event-ID {rule}", code="invalid_header", errors=[{"field": "Last-Event-ID", "message": rule}]
        )
    return int(found[1]), found[2] is not None


def _bounded(page: LivePage) -> LivePage:
    """Return the page cut where its frames get longer than an answer may be."""
    size = 0
    for number, frame in enumerate(page.frames):
        size += len(orjson.dumps(frame.data))
        if size > PAGE_BYTES and number:
            return LivePage(page.frames[:number], False, page.live)
    return page
