"""Showing what a node asked of models and tools: the events of its conversation, with the large values loaded."""

from dataclasses import dataclass
from typing import Any

from heddle.application.agents.conversation import conversation_id
from heddle.application.execution.payloads import check_out
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.domain.events.chain import envelope
from heddle.domain.events.envelope import StreamId
from heddle.domain.payload import as_ref
from heddle.errors import NotFound

LOADED_BYTES = 512 * 1024
"""A larger value stays a reference: an answer of the API has room for some megabytes in all."""

_PAYLOADS = ("answer", "arguments", "result")


@dataclass(frozen=True)
class ReadConversation:
    """Read a page of a conversation."""

    events: EventStore
    blobs: BlobStore

    def __call__(
        self, tenant: str, run_id: str, node_id: str, *, item: int | None, after: int, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Return envelopes of events with a version greater than `after`, at most `limit`, and whether there are more.

        Raises NotFound `conversation_not_found` if the node (or the item) of this run has asked nothing.
        """
        stream = StreamId(tenant, "conversation", conversation_id(run_id, node_id, item))
        history = self.events.read(stream, after=after)
        if history.version == 0:
            of = f"item {item} of node" if item is not None else "node"
            message = f"{of} {node_id!r} of this run has asked no model"
            raise NotFound(message, code="conversation_not_found", node_id=node_id)
        shown = [self._loaded(tenant, envelope(event)) for event in history.events[:limit]]
        return shown, len(history.events) > limit

    def _loaded(self, tenant: str, event: dict[str, Any]) -> dict[str, Any]:
        data = dict(event["data"])
        for name in _PAYLOADS:
            ref = as_ref(data.get(name))
            if ref is not None and ref.bytes <= LOADED_BYTES:
                data[name] = check_out(self.blobs, tenant, data[name])
        return {**event, "data": data}
