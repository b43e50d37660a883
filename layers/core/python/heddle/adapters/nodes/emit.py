"""The `emit` node: puts one event on the bus, for rules and other systems, and reads the reply."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from heddle.domain.nodes.fields import invalid, object_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask
from heddle.errors import NodeError
from heddle.records import dataclass

SOURCE = "heddle.workflow"
"""The source of all events that workflows emit; the platform's own have another, so nobody can pass one off."""

MAX_NAME = 128
MAX_DETAIL_BYTES = 200 * 1024
# The bus itself refuses an entry above 256 KiB, envelope included.

_TRANSIENT = frozenset({"ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"})

PutEvents = Callable[..., Mapping[str, Any]]
"""The `put_events` of a boto3 EventBridge client: Entries in, FailedEntryCount and Entries out."""


@dataclass(frozen=True, slots=True)
class EmitNode:
    """Runs `emit` nodes. The event's detail says whose it is, so that rules can tell tenants and runs apart."""

    put_events: PutEvents
    bus: str

    def __call__(self, task: NodeTask) -> NodeResult:
        """Put the event. Raises NodeError emit_too_large, emit_refused, emit_unavailable (retryable)."""
        name = text_field(task.config, "event")
        if len(name) > MAX_NAME:
            raise invalid("event", f"must not be longer than {MAX_NAME} characters")
        detail = {
            "tenant": task.tenant,
            "run_id": task.run_id,
            "node_id": task.node_id,
            "correlation_id": task.correlation_id,
            "idempotency_key": task.idempotency_key,
            "data": dict(object_field(task.config, "detail")),
        }
        text = json.dumps(detail, ensure_ascii=False)
        if (size := len(text.encode("utf-8", "replace"))) > MAX_DETAIL_BYTES:
            raise NodeError(
                f"the event has {size} bytes, more than {MAX_DETAIL_BYTES}", code="emit_too_large", field="detail"
            )
        return NodeResult({"event_id": self._put(name, text), "event": name})

    def _put(self, name: str, detail: str) -> str:
        entry = {"Source": SOURCE, "DetailType": name, "Detail": detail, "EventBusName": self.bus}
        reply = _call(self.put_events, entry)
        result = (reply.get("Entries") or [{}])[0]
        if reply.get("FailedEntryCount") or "EventId" not in result:
            code = str(result.get("ErrorCode", "unknown"))
            raise _refused(code, str(result.get("ErrorMessage", "no reason was given")))
        return str(result["EventId"])


def _call(put_events: PutEvents, entry: Mapping[str, str]) -> Mapping[str, Any]:
    """Call the bus; botocore is imported only when it has failed, and then it is there already."""
    try:
        return put_events(Entries=[entry])
    except Exception as error:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, ClientError):
            raise _refused(error.response["Error"].get("Code", "unknown"), "the bus refused the call") from error
        if isinstance(error, BotoCoreError):
            raise NodeError("the event bus did not answer", code="emit_unavailable", retryable=True) from error
        raise


def _refused(code: str, reason: str) -> NodeError:
    transient = code in _TRANSIENT
    return NodeError(
        f"the event bus refused the event: {reason}",
        code="emit_unavailable" if transient else "emit_refused",
        retryable=transient,
        reason=code,
    )
