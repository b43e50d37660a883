"""One node's turn at a model: its conversation, its watchers, its time, and answers of a given shape."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from heddle.application.agents.answers import is_extractive, structured
from heddle.application.agents.conversation import Conversation, Conversations
from heddle.application.agents.endings import ended_by
from heddle.application.agents.records import Heard
from heddle.application.models.answer import EmbedTexts
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.memory import ConversationMemory
from heddle.application.ports.models import CompletionRequest, Message
from heddle.application.ports.prompts import RenderedPrompt, RenderPrompt
from heddle.application.ports.token_streams import TokenStream
from heddle.application.runs.request_run import RequestRun
from heddle.domain.nodes.fields import invalid, object_field, text_field
from heddle.domain.nodes.spec import NodeRunner, NodeTask
from heddle.errors import HeddleError, NodeError

Streams = Callable[[NodeTask], TokenStream | None]


@dataclass(frozen=True)
class AiParts:
    """What the runners need. Without `request` agents have no workflows as tools, without `prompts` no `prompt_ref`."""

    conversations: Conversations
    embed: EmbedTexts
    memory: ConversationMemory
    http: NodeRunner
    request: RequestRun | None = None
    prompts: RenderPrompt | None = None
    streams: Streams | None = None

    @property
    def blobs(self) -> BlobStore:
        """Where large values lie."""
        return self.conversations.blobs


@dataclass
class Asking:
    """A node that asks. `ends` is when its time is over, by the conversation's clock."""

    task: NodeTask
    conversation: Conversation
    stream: TokenStream | None
    ends: float

    def seconds_left(self) -> float:
        """Return what is left of the node's time. Raises NodeError node_timeout if that is nothing."""
        left = self.ends - self.conversation.monotonic()
        if left <= 0:
            message = f"the node was not done within {self.task.timeout:g} seconds"
            raise NodeError(message, code="node_timeout", retryable=True)
        return left

    def ask(
        self,
        request: CompletionRequest,
        *,
        model: str | None,
        step: int = 1,
        prompt: dict[str, Any] | None = None,
        watched: bool = True,
    ) -> Heard:
        """Ask within the node's time; with `watched` the text is streamed. Raises what AskModel raises."""
        stream = self.stream if watched else None
        if stream is not None:
            stream.step()
        return self.conversation.ask(
            replace(request, timeout=min(request.timeout, self.seconds_left())),
            step=step,
            model=model,
            prompt=prompt,
            on_text=stream.text if stream is not None else None,
            on_restart=stream.restart if stream is not None else None,
        )

    def value(
        self,
        request: CompletionRequest,
        schema: Mapping[str, Any],
        *,
        model: str | None,
        step: int = 1,
        prompt: dict[str, Any] | None = None,
        watched: bool = False,
        offline: bool = False,
    ) -> tuple[Any, Heard]:
        """Ask for JSON of a schema, at most twice; return it and the answer that it came in.

        With `offline` an answer that no model gave comes back as (None, it). Raises NodeError llm_needs_model for it
        otherwise, and llm_output_invalid.
        """
        shaped = replace(request, output_schema=dict(schema))

        def again(number: int, messages: tuple[Message, ...]) -> Heard:
            asked = replace(shaped, messages=(*shaped.messages, *messages))
            return self.ask(asked, model=model, step=number, prompt=prompt, watched=watched)

        heard = self.ask(shaped, model=model, step=step, prompt=prompt, watched=watched)
        if offline and is_extractive(heard.completion):
            return None, heard
        value, last, _ = structured(heard, step, dict(schema), again)
        return value, last

    def usage(self) -> dict[str, Any]:
        """Return what all calls of the conversation used and cost."""
        return self.conversation.spending.usage()


@contextmanager
def asking(parts: AiParts, task: NodeTask) -> Iterator[Asking]:
    """Open the node's conversation; it is ended by failures that another attempt would meet again."""
    conversation = parts.conversations.open(task)
    stream = parts.streams(task) if parts.streams is not None else None
    node = Asking(task, conversation, stream, conversation.monotonic() + task.timeout)
    try:
        with ended_by(conversation):
            yield node
    except HeddleError as error:
        if stream is not None:
            stream.error(error.code, error.message)
        raise
    if stream is not None:
        stream.done(node.usage())


def prompt_of(parts: AiParts, task: NodeTask) -> RenderedPrompt:
    """Return the node's prompt: its own, which has no name, or the registered one that it refers to."""
    config = task.config
    if config.get("prompt_ref") is None:
        return RenderedPrompt("", 0, "", text_field(config, "prompt"))
    if parts.prompts is None:
        raise invalid("prompt_ref", "cannot be used: this stage has no registered prompts")
    return parts.prompts(task.tenant, text_field(config, "prompt_ref"), object_field(config, "variables"))


def answered_by(heard: Heard) -> dict[str, Any]:
    """Return who answered, as outputs say it."""
    completion = heard.completion
    return {
        "provider": completion.provider,
        "model": completion.model,
        "extractive": is_extractive(completion),
    }
