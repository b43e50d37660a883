"""Which request was seen before."""

from datetime import datetime
from typing import Protocol


class IdempotencyStore(Protocol):
    """Which run an Idempotency-Key stands for, for 24 hours."""

    def claim(self, tenant: str, key: str, *, body_hash: str, run_id: str, now: datetime) -> str:
        """Return the run id that the key stands for: `run_id` if it is new, the earlier one if the body is the same.

        Raises IdempotencyMismatch if the key came with another body.
        """
        ...
