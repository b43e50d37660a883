"""The secret that a tenant's webhooks are signed with: the newest one, and for a while the one before it."""

from datetime import datetime, timedelta

from heddle.records import dataclass

MAX_OVERLAP_HOURS = 168


@dataclass(frozen=True, slots=True)
class SecretState:
    """What is kept of a secret: how often it was made anew, and until when (ISO 8601) the one before it lives."""

    generation: int = 1
    previous_until: str | None = None

    def rotated(self, overlap_hours: int, now: datetime) -> "SecretState":
        """Return the state with a new secret. Whatever lived besides the newest one does so no longer."""
        until = (now + timedelta(hours=overlap_hours)).isoformat() if overlap_hours else None
        return SecretState(self.generation + 1, until)

    def live(self, now: datetime) -> tuple[int, ...]:
        """Return the generations that live, the newest first."""
        if self.previous_until is not None and now < datetime.fromisoformat(self.previous_until):
            return self.generation, self.generation - 1
        return (self.generation,)
