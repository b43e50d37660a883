"""Claims in memory."""

import threading
from dataclasses import dataclass, field


@dataclass
class MemoryClaims:
    """A Claims in a dictionary."""

    _owners: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, tenant: str, run_id: str, work: str, *, owner: str, at: str) -> str:
        with self._lock:
            return self._owners.setdefault((tenant, run_id, work), owner)
