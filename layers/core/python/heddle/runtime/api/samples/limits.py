"""Examples of requests and answers about limits."""

from dataclasses import asdict
from typing import Any

from heddle.domain.limits import Limits

EXAMPLES: dict[str, dict[str, Any]] = {
    "get_limits": {"response": {"limits": asdict(Limits()), "in_use": {"concurrent_runs": 3, "connections": 12}}}
}
