"""What runs the node types that ask models: one runner per type, over the same parts."""

from heddle.adapters.nodes.ai.runners import ai_runners

__all__ = ["ai_runners"]
