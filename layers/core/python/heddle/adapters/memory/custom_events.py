"""Events of tenants in a list."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class MemoryCustomEvents:
    """A CustomEvents."""

    events: list[tuple[str, str, str]] = field(default_factory=list)

    def put(self, entries: Sequence[tuple[str, str, str]]) -> Sequence[str | None]:
        self.events += entries
        return [f"event-{len(self.events) - len(entries) + index}" for index in range(len(entries))]
