"""Every event there is, by its stored name, whatever stream it belongs to."""

from typing import Any

from heddle.domain.events import batch_events, budget_events, conversation_events, document_events, run_events

EVENT_TYPES: dict[str, type[Any]] = {
    **run_events.EVENT_TYPES,
    **conversation_events.EVENT_TYPES,
    **budget_events.EVENT_TYPES,
    **document_events.EVENT_TYPES,
    **batch_events.EVENT_TYPES,
}
"""Name to class. Names are stored for ever: a class may move, its name may not."""
