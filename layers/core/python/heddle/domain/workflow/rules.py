"""Everything that a definition must keep to, checked in one go so that all problems are told at once.

code                           what it says
WF_DOCUMENT_TOO_LARGE          more than 1 MiB of text
WF_INVALID_DOCUMENT            neither YAML nor JSON, keys that come twice, aliases
WF_UNKNOWN_FIELD, WF_MISSING_FIELD, WF_VALIDATION_ERROR, WF_INVALID_NODE_ID, WF_INVALID_MODE, WF_INVALID_ON_ERROR
                               a field that is not as the document's models say
WF_INVALID_NAME, WF_CONTROL_CHARACTER, WF_SUSPICIOUS_VALUE, WF_INVALID_LABELS, WF_INVALID_METADATA,
WF_METADATA_TOO_LARGE, WF_RESERVED_METADATA_KEY
                               texts, labels and metadata (rules_text)
WF_NO_NODES, WF_TOO_MANY_NODES, WF_DUPLICATE_NODE_ID, WF_UNKNOWN_NODE, WF_DUPLICATE_EDGE, WF_CYCLE_DETECTED,
WF_UNREACHABLE_NODES, WF_TOO_DEEP, WF_TOO_MANY_PARALLEL, WF_INVALID_ROUTER, WF_UNKNOWN_BRANCH, WF_UNUSED_BRANCH
                               the graph (rules_graph); WF_UNUSED_BRANCH is a warning
WF_UNKNOWN_NODE_TYPE, WF_INVALID_CONFIG, WF_EXPRESSION_NOT_ALLOWED, WF_INVALID_FOR_EACH, WF_INVALID_CACHE,
WF_INVALID_TIMEOUT, WF_INVALID_CONDITION, WF_INVALID_RETRY, WF_INVALID_FALLBACK
                               single nodes (rules_nodes)
WF_INVALID_EXPRESSION, WF_UNDECLARED_NAME, WF_SECRET_NOT_ALLOWED, WF_DYNAMIC_REFERENCE, WF_UNKNOWN_REFERENCE,
WF_REFERENCE_TO_LATER_NODE     expressions (rules_expressions)
WF_INVALID_INPUT_SCHEMA, WF_INVALID_INPUT_DEFAULT
                               the input (input_schema)
WF_MODE_NOT_ALLOWED            the mode that is asked for (engine.compile)
"""

from collections.abc import Mapping

from heddle.domain.nodes.catalogue import NODE_TYPES
from heddle.domain.nodes.spec import NodeType
from heddle.domain.workflow.analysis import Analysis, analyse
from heddle.domain.workflow.definition import WorkflowDefinition
from heddle.domain.workflow.input_schema import schema_problems
from heddle.domain.workflow.rules_expressions import expression_problems
from heddle.domain.workflow.rules_graph import branch_problems, edge_problems, shape_problems, size_problems
from heddle.domain.workflow.rules_nodes import node_problems
from heddle.domain.workflow.rules_text import text_problems
from heddle.errors import Problem


def check_workflow(definition: WorkflowDefinition, node_types: Mapping[str, NodeType] = NODE_TYPES) -> list[Problem]:
    """Return every problem of the definition, warnings included, in the order of the list above."""
    return problems_of(analyse(definition, node_types))


def problems_of(analysis: Analysis) -> list[Problem]:
    """Return every problem of a definition that has been looked through."""
    too_many = list(size_problems(analysis))
    if any(problem.code == "WF_TOO_MANY_NODES" for problem in too_many):
        return too_many
    return [
        *text_problems(analysis.definition),
        *too_many,
        *edge_problems(analysis),
        *shape_problems(analysis),
        *branch_problems(analysis),
        *node_problems(analysis),
        *expression_problems(analysis),
        *schema_problems(analysis.definition.input),
    ]
