"""The node types that functions host, to be run in this process: the real ones, over memory instead of AWS."""

from collections.abc import Mapping
from typing import Any

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.adapters.models.registry import PROVIDERS
from heddle.adapters.nodes.emit import EmitNode
from heddle.adapters.nodes.fetch import GuardedClient
from heddle.adapters.nodes.http import HttpNode
from heddle.adapters.nodes.llm import LlmNode
from heddle.adapters.nodes.parse import ParseNode
from heddle.application.ports.blobs import BlobStore
from heddle.domain.nodes.spec import NodeRunners


def node_runners(
    *,
    allowed_hosts: str = "",
    provider: str = "extractive",
    blobs: BlobStore | None = None,
    emitted: list[Mapping[str, Any]] | None = None,
) -> NodeRunners:
    """Return runners of http, parse, llm and emit, for the `runners` of `run_workflow`.

    `allowed_hosts` (`host:port,…`) may be called though their addresses are private. `provider` answers `llm` nodes
    that name none. Documents that are named by `object` are looked for in `blobs`. What `emit` nodes put on the bus
    is added to `emitted`, as EventBridge's PutEvents takes it.
    """
    client = GuardedClient(allowed=allowed_hosts)
    bus: list[Mapping[str, Any]] = [] if emitted is None else emitted

    def put_events(Entries: list[Mapping[str, Any]]) -> dict[str, Any]:
        bus.extend(Entries)
        return {"FailedEntryCount": 0, "Entries": [{"EventId": str(len(bus))} for _ in Entries]}

    return {
        "http": HttpNode(client),
        "parse": ParseNode(client, MemoryBlobStore() if blobs is None else blobs),
        "llm": LlmNode(PROVIDERS, default=provider),
        "emit": EmitNode(put_events, "memory"),
    }
