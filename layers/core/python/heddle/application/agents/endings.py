"""Which failures end a conversation, and which leave it open for the next attempt to go on with."""

from collections.abc import Iterator
from contextlib import contextmanager

from heddle.application.agents.conversation import Conversation
from heddle.errors import NodeError

ENDING = frozenset(
    {
        "agent_step_limit",
        "agent_cost_limit",
        "agent_tool_calls_invalid",
        "llm_empty_answer",
        "llm_needs_model",
        "llm_output_invalid",
        "llm_refused",
        "llm_context_too_long",
    }
)
"""Codes that another attempt would meet again, if it went on from the same answers."""


@contextmanager
def ended_by(conversation: Conversation) -> Iterator[None]:
    """End the conversation if what is done within fails in a way that going on from the same answers cannot mend."""
    try:
        yield
    except NodeError as error:
        if error.code in ENDING and not error.retryable:
            conversation.end(error.code)
        raise
