"""From a document to what is stored of it. Brings pydantic and every config model: import it where it is called."""

from typing import Any

from heddle.domain.engine.compile import compile_workflow
from heddle.domain.engine.plan_json import plan_to_json
from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.workflow.definition import parse_document


def compile_document(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the document as it is kept, and its plan, both JSON; InvalidWorkflow with every problem found."""
    definition = parse_document(document)
    return definition.to_document(), plan_to_json(compile_workflow(definition, NODE_TYPES))
