"""The `llm` node: one question to a model, its answer as text or as JSON of a schema, with citations and cost."""

from dataclasses import dataclass

from heddle.adapters.nodes.ai.asking import AiParts, answered_by, asking, prompt_of
from heddle.adapters.nodes.ai.request import context_of, history_of, images_of, joined, model_of, request_of, schema_of
from heddle.domain.nodes.fields import list_field, text_field
from heddle.domain.nodes.spec import NodeResult, NodeTask


@dataclass(frozen=True)
class LlmNode:
    """Runs `llm` nodes."""

    parts: AiParts

    def __call__(self, task: NodeTask) -> NodeResult:
        """Ask once, twice if the answer breaks its schema. Raises what AskModel raises, and llm_output_invalid."""
        config, prompt = task.config, prompt_of(self.parts, task)
        request = request_of(
            task,
            prompt.text,
            system=joined(prompt.system, text_field(config, "system", "")),
            context=context_of(config.get("context")),
            history=history_of(config),
            images=images_of(config, task.tenant, self.parts.blobs),
            stop=tuple(map(str, list_field(config, "stop"))) if config.get("stop") else (),
        )
        model, schema = model_of(config), schema_of(config, "output_schema")
        named = prompt.to_json() if prompt.name else None
        with asking(self.parts, task) as node:
            value = None
            if schema is None:
                heard = node.ask(request, model=model, prompt=named)
            else:
                value, heard = node.value(request, schema, model=model, prompt=named, watched=True)
            output = {
                "text": heard.completion.text,
                "output": value,
                "citations": list(heard.completion.citations),
                "stop_reason": heard.completion.stop_reason,
                "prompt": named,
                **answered_by(heard),
            }
            return NodeResult(output, usage=node.usage())
