"""Node types that ask models: llm, agent, research, write, classify, extract, summarise, embed."""

from heddle.domain.nodes.configs.ai.agent import AGENT_TYPES
from heddle.domain.nodes.configs.ai.embed import EMBED_TYPES
from heddle.domain.nodes.configs.ai.llm import LLM_TYPES
from heddle.domain.nodes.configs.ai.tasks import TASK_TYPES

AI_TYPES = (*LLM_TYPES, *AGENT_TYPES, *TASK_TYPES, *EMBED_TYPES)
