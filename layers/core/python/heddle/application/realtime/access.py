"""Who may listen to a topic, and who may write to it."""

from collections.abc import Callable

from heddle.application.identity.principal import Principal
from heddle.application.ports.realtime import user_of
from heddle.domain.realtime.topics import id_of, is_pattern, kind_of
from heddle.errors import Forbidden, NotFound
from heddle.records import dataclass

READS_RUNS = frozenset(["*", "runs:read", "runs:write", "runs:*"])


@dataclass(frozen=True, slots=True)
class TopicAccess:
    """`run_exists(tenant, run_id)` asks for a run of that tenant: one of another tenant looks as if there were none."""

    run_exists: Callable[[str, str], bool]

    def may_read(self, principal: Principal, name: str) -> None:
        """Forbidden, or NotFound for a run that the caller's tenant does not have; a pattern is judged by its words."""
        kind, subject = kind_of(name), id_of(name)
        if kind == "user" and subject != user_of(principal.id):
            raise Forbidden("an inbox is read by its own user only", code="topic_forbidden", topic=name)
        if kind == "run":
            if not READS_RUNS.intersection(principal.scopes):
                raise Forbidden("runs are followed with the scope runs:read", code="scope_missing", topic=name)
            if not is_pattern(name) and not self.run_exists(principal.tenant, subject):
                raise NotFound(f"there is no run {subject!r}", code="run_not_found", topic=name)

    def may_write(self, principal: Principal, topic: str) -> None:
        """Forbidden for topics that only the platform writes to, and for viewers."""
        if kind_of(topic) != "own":
            raise Forbidden(f"only the platform writes to {topic}", code="topic_forbidden", topic=topic)
        if not {"editor", "admin"}.intersection(principal.roles):
            raise Forbidden("sending to topics needs the role editor", code="topic_forbidden", topic=topic)
