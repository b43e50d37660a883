"""Who may listen to a topic, and who may write to it."""

from collections.abc import Callable

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import user_of
from heddle.domain.realtime.topics import id_of, is_pattern, kind_of
from heddle.errors import Forbidden, NotFound
from heddle.records import dataclass

READS_RUNS = frozenset(["*", "runs:read", "runs:write", "runs:*"])
READS_BATCHES = frozenset(["*", "documents:read", "documents:write", "documents:*"])
Exists = Callable[[str, str], bool]
"""Asks for a thing of a tenant by its id: one of another tenant looks as if there were none."""


@dataclass(frozen=True, slots=True)
class TopicAccess:
    """What there is, is asked for when it is named."""

    run_exists: Exists
    batch_exists: Exists

    def may_read(self, principal: Principal, name: str) -> None:
        """Forbidden, or NotFound for a run or batch that the caller's tenant does not have; a pattern names none."""
        kind, subject = kind_of(name), id_of(name)
        if kind == "user" and subject != user_of(principal.id):
            raise Forbidden("an inbox is read by its own user only", code="topic_forbidden", topic=name)
        if kind == "run":
            if not READS_RUNS.intersection(principal.scopes):
                raise Forbidden("runs are followed with the scope runs:read", code="scope_missing", topic=name)
            if not is_pattern(name) and not self.run_exists(principal.tenant, subject):
                raise NotFound(f"there is no run {subject!r}", code="run_not_found", topic=name)
        if kind == "batch":
            if not READS_BATCHES.intersection(principal.scopes):
                raise Forbidden("batches are followed with the scope documents:read", code="scope_missing", topic=name)
            if not is_pattern(name) and not self.batch_exists(principal.tenant, subject):
                raise NotFound(f"there is no batch {subject!r}", code="batch_not_found", topic=name)

    def may_write(self, principal: Principal, topic: str) -> None:
        """Forbidden for topics that only the platform writes to, and for viewers."""
        if kind_of(topic) != "own":
            raise Forbidden(f"only the platform writes to {topic}", code="topic_forbidden", topic=topic)
        if not {"editor", "admin"}.intersection(principal.roles):
            raise Forbidden("sending to topics needs the role editor", code="topic_forbidden", topic=topic)
