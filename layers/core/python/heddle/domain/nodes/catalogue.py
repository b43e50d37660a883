"""Every node type there is. Imported by the compiler, the API and the documentation; never by what runs nodes."""

from collections.abc import Mapping
from types import MappingProxyType

from heddle.domain.nodes.configs.ai import AI_TYPES
from heddle.domain.nodes.configs.analysis import ANALYSIS_TYPES
from heddle.domain.nodes.configs.code import CODE_TYPES
from heddle.domain.nodes.configs.data import DATA_TYPES
from heddle.domain.nodes.configs.documents import DOCUMENT_TYPES
from heddle.domain.nodes.configs.flow import FLOW_TYPES
from heddle.domain.nodes.configs.io import IO_TYPES
from heddle.domain.nodes.spec import NodeType

NODE_TYPES: Mapping[str, NodeType] = MappingProxyType(
    {
        node_type.name: node_type
        for node_type in (
            *DATA_TYPES,
            *FLOW_TYPES,
            *IO_TYPES,
            *DOCUMENT_TYPES,
            *ANALYSIS_TYPES,
            *CODE_TYPES,
            *AI_TYPES,
        )
    }
)
"""Name to declaration, by category."""
