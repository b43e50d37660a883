"""What an agent recalls and keeps under its session key.

What was recalled is recorded in the conversation, so that a resumed attempt goes on from the same words, and finds the
answers to them.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from heddle.adapters.nodes.ai.asking import AiParts, Asking
from heddle.application.agents.conversation import conversation_id
from heddle.application.agents.records import ToolOutcome
from heddle.application.ports.models import Message, ToolCallPart
from heddle.domain.nodes.fields import integer_field, number_field, object_field, text_field
from heddle.records import dataclass

REMEMBERED_CHARS = 20_000
"""How much of a message is kept."""

# Conversations count their model calls from 1; what is recalled before the first is step 0.
_STEP = 0


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a tenant: its key, how many messages it keeps, and for how many days without a word."""

    key: str
    messages: int
    days: float

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> "Session | None":
        """Return the session that a node's config asks for."""
        memory = object_field(config, "memory")
        if not memory:
            return None
        return cls(
            text_field(memory, "session"),
            integer_field(memory, "messages", 20, low=1, high=200),
            number_field(memory, "days", 30.0, low=0.0, high=365.0),
        )

    def recall(self, parts: AiParts, node: Asking) -> tuple[Message, ...]:
        """Return what was said last, the same again in every attempt."""
        arguments = {"session": self.key, "messages": self.messages}
        call: ToolCallPart = {"type": "tool_call", "id": "memory", "name": "memory", "arguments": arguments, "raw": ""}
        kept = node.conversation.recorded(_STEP, call)
        if kept is None:
            now = parts.conversations.now()
            found = parts.memory.recall(node.task.tenant, self.key, messages=self.messages, now=now)
            kept = node.conversation.record(_STEP, call, ToolOutcome(list(found)), 0.0)
        return tuple(kept.result)

    def remember(self, parts: AiParts, node: Asking, prompt: str, text: str) -> None:
        """Add what was asked and answered; doing so again adds nothing."""
        task, now = node.task, parts.conversations.now()
        parts.memory.remember(
            task.tenant,
            self.key,
            conversation_id(task.run_id, task.node_id, task.item_index),
            [_said("user", prompt), _said("assistant", text)],
            keep=self.messages,
            now=now,
            expires_at=now + timedelta(days=self.days),
        )


def _said(role: Any, text: str) -> Message:
    return {"role": role, "content": [{"type": "text", "text": text[:REMEMBERED_CHARS]}]}
