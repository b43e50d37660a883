"""Who of a chain was asked in vain, for the error that it ends with."""

from dataclasses import dataclass, field

from heddle.domain.models.resolve import Candidate
from heddle.errors import NodeError


@dataclass
class Tried:
    """Candidates and their failures, in the order in which they were asked."""

    failures: list[tuple[Candidate, NodeError]] = field(default_factory=list)

    def add(self, candidate: Candidate, error: NodeError) -> None:
        """Take note of one."""
        self.failures.append((candidate, error))

    def failure(self) -> NodeError:
        """Return the last failure, which names all of them if there are several."""
        _, last = self.failures[-1]
        if len(self.failures) > 1:
            tried = [f"{candidate.ref}: {error.code}" for candidate, error in self.failures]
            last.message = f"{last.message} (tried: {'; '.join(tried)})"
            last.details["tried"] = tried
        return last
