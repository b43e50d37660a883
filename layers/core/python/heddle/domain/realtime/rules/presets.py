"""Rules to begin with, by name."""

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "allow_all": {
        "name": "allow_all",
        "description": "Lets every message through that no rule above it denied, whatever the default action.",
        "priority": 0,
        "is_terminal": True,
    },
    "progress_only": {
        "name": "progress_only",
        "description": "Lets through what reports progress; with RequireMatch nothing else passes.",
        "priority": 100,
        "condition": "{{ message.payload is mapping and message.payload.progress_percent is defined }}",
    },
    "high_priority_notifications": {
        "name": "high_priority_notifications",
        "description": "What tells of an error is critical.",
        "priority": 200,
        "match": {"content": {"level": ["error", "Error"]}},
        "override_priority": "Critical",
    },
    "agent_rate_limited": {
        "name": "agent_rate_limited",
        "description": "Agents send at most ten messages a second, twenty at once.",
        "priority": 150,
        "match": {"sender_type": ["Agent"]},
        "rate_limit": {"per_second": 10, "burst": 20},
    },
    "block_spam": {
        "name": "block_spam",
        "description": "Senders that call themselves spam, bot or fake reach nobody.",
        "priority": 1000,
        "is_terminal": True,
        "match": {"sender_id": "(?i)spam|bot|fake", "target": {"max_targets": 0}},
    },
}
