"""One runner for each node type that asks a model."""

import time
from collections.abc import Callable
from datetime import datetime

from heddle.adapters.nodes.ai.agent import AgentNode
from heddle.adapters.nodes.ai.asking import AiParts, Streams
from heddle.adapters.nodes.ai.classify import ClassifyNode
from heddle.adapters.nodes.ai.embed import EmbedNode
from heddle.adapters.nodes.ai.extract import ExtractNode
from heddle.adapters.nodes.ai.llm import LlmNode
from heddle.adapters.nodes.ai.research import ResearchNode
from heddle.adapters.nodes.ai.summarise import SummariseNode
from heddle.adapters.nodes.ai.write import WriteNode
from heddle.application.agents.conversation import Conversations
from heddle.application.models.answer import AskModel, EmbedTexts
from heddle.application.ports.attempts import Claims
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.events import EventStore
from heddle.application.ports.memory import ConversationMemory
from heddle.application.ports.prompts import RenderPrompt
from heddle.application.runs.request_run import RequestRun
from heddle.domain.nodes.spec import NodeRunner


def ai_runners(
    *,
    ask: AskModel,
    embed: EmbedTexts,
    events: EventStore,
    blobs: BlobStore,
    claims: Claims,
    memory: ConversationMemory,
    http: NodeRunner,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
    request: RequestRun | None = None,
    prompts: RenderPrompt | None = None,
    streams: Streams | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, NodeRunner]:
    """Return node type to runner, for every function that hosts models.

    `http` runs the http tools of agents, `request` starts the runs that are tools, `prompts` renders `prompt_ref`, and
    `streams` gives the stream of whoever watches a node.
    """
    conversations = Conversations(events, blobs, claims, ask, now, new_id, monotonic, sleep)
    parts = AiParts(conversations, embed, memory, http, request, prompts, streams)
    return {
        "llm": LlmNode(parts),
        "agent": AgentNode(parts),
        "research": ResearchNode(parts),
        "write": WriteNode(parts),
        "classify": ClassifyNode(parts),
        "extract": ExtractNode(parts),
        "summarise": SummariseNode(parts),
        "embed": EmbedNode(parts),
    }
