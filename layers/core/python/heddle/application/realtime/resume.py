"""Where a topic's replay begins for a connection that goes on after a cut."""

from collections.abc import Sequence
from datetime import datetime

from heddle.application.ports.realtime import Connection, Mark, Subscription
from heddle.application.ports.topics import Frame, TopicLog

OVERLAP_SECONDS = 30
"""How much earlier than the client's last sign of life a replay begins: what was sent then may not have arrived."""
PAGE = 200


def marks_of(connection: Connection, subscriptions: Sequence[Subscription]) -> dict[str, Mark]:
    """Return where each topic of a connection that is cut stands."""
    since = connection.seen_at - OVERLAP_SECONDS
    return {each.name: Mark(each.after, None if each.behind else since) for each in subscriptions}


def replay_from(topics: TopicLog, tenant: str, name: str, mark: Mark) -> int:
    """Return the number behind which everything is owed.

    Nobody keeps what each connection was sent last, and what was sent may not have arrived. So this is too low rather
    than too high: a client that comes back sees some frames twice, by their numbers, and misses none.
    """
    if mark.since is None:
        return mark.after
    newest = topics.newest(tenant, name)
    if newest <= mark.after:
        return mark.after
    step, low = PAGE, max(mark.after, newest - PAGE)
    while low > mark.after and _later(topics.read(tenant, name, after=low, limit=1), mark.since):
        step *= 4
        low = max(mark.after, newest - step)
    while page := topics.read(tenant, name, after=low, limit=PAGE):
        for entry in page:
            if _later((entry,), mark.since):
                return entry.seq - 1
        low = page[-1].seq
    return low


def _later(entries: Sequence[Frame], since: int) -> bool:
    return bool(entries) and datetime.fromisoformat(entries[0].at).timestamp() > since
