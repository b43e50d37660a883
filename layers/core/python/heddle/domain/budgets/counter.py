"""The counters of a budget: for each subject and window as many as it has shards, each with a part of the limit.

    limit = left + reserved + spent        of each counter, at every moment
    reserve   left ──amount──► reserved    only where so much is left, and nothing is owed
    settle    reserved ──cost──► spent, and what was not needed goes back to left
    arrange   left is moved between the counters of a window; the limit of each moves along

While nothing is owed, no counter has less than nothing left, so what is spent and reserved in all of them together
never passes the limit. `debt` marks all counters of a window when that cannot be: a call cost more than was reserved,
or the limit was lowered below what is spent. Then nothing is taken until a look at all of them says that there is
enough.
"""

from collections.abc import Sequence
from dataclasses import replace

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class CounterKey:
    """Which counter: of which budget (and which of those with this id), subject, window and shard."""

    budget_id: str
    generation: int
    subject: str
    window: str
    shard: int = 0


@dataclass(frozen=True, slots=True)
class Counter:
    """Amounts in picodollars. `rule` is the version of the budget that `limit` is by; `extra` was granted on top."""

    limit: int
    left: int
    reserved: int = 0
    spent: int = 0
    rule: int = 0
    debt: bool = False
    extra: int = 0


NOTHING = Counter(0, 0)
"""What a counter is that was forgotten after its time, should a very late truth still come."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to a counter, and only if: amounts are added, `to_rule` and `to_debt` replace.

    `rule` and `debt` are what the counter must have, `least` what must be left before (None: whatever it is); with
    `or_debt` a counter in debt may have less left. `initial` is what a counter begins as that is not there yet; without
    it there must be one. `expires_at` (seconds since 1970) is when it may be forgotten, None for never.
    """

    key: CounterKey
    left: int = 0
    reserved: int = 0
    spent: int = 0
    limit: int = 0
    extra: int = 0
    rule: int | None = None
    least: int | None = None
    debt: bool | None = None
    or_debt: bool = False
    to_rule: int | None = None
    to_debt: bool | None = None
    initial: Counter | None = None
    expires_at: int | None = None

    def allowed(self, counter: Counter | None) -> bool:
        """Say whether the counter is as it must be."""
        found = self.initial if counter is None else counter
        if found is None:
            return False
        enough = self.least is None or found.left >= self.least or (self.or_debt and found.debt)
        return enough and self.rule in (None, found.rule) and self.debt in (None, found.debt)

    def applied(self, counter: Counter | None) -> Counter:
        """Return the counter afterwards."""
        before = counter or self.initial or NOTHING
        return Counter(
            limit=before.limit + self.limit,
            left=before.left + self.left,
            reserved=before.reserved + self.reserved,
            spent=before.spent + self.spent,
            rule=before.rule if self.to_rule is None else self.to_rule,
            debt=before.debt if self.to_debt is None else self.to_debt,
            extra=before.extra + self.extra,
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a call's reservation was taken from; `shards` is how many counters its window has."""

    key: CounterKey
    shards: int = 1

    def window(self) -> tuple[CounterKey, ...]:
        """Return the keys of all counters of the window, by shard."""
        return tuple([replace(self.key, shard=shard) for shard in range(self.shards)])


def parts(amount: int, shards: int) -> list[int]:
    """Divide an amount as evenly as whole numbers allow."""
    each, rest = divmod(amount, shards)
    return [each + (1 if shard < rest else 0) for shard in range(shards)]


def fresh(limit: int, rule: int, shards: int) -> list[Counter]:
    """Return the counters that a window begins with."""
    return [Counter(part, part, rule=rule) for part in parts(limit, shards)]


def arrange(
    keys: Sequence[CounterKey], counters: Sequence[Counter], *, limit: int, rule: int, need: int = 0, shard: int = 0
) -> list[Change]:
    """Return the changes after which the counters follow the limit (extras included) and rule, `need` in one of them.

    Evenly where there is plenty; all of it in `shard` where there is not, because many small rests help nobody. A
    counter that has got more back meanwhile does no harm; one that has less left than it had makes the changes fail.
    """
    total = limit - sum(counter.spent + counter.reserved for counter in counters)
    count = len(counters)
    owed = count > 1 and (total < 0 or total < need)
    if total >= 2 * need * count:
        targets = parts(total, count)
    else:
        targets = [total if number == shard else 0 for number in range(count)]
    return [
        Change(
            key,
            left=target - counter.left,
            limit=target - counter.left,
            rule=counter.rule,
            least=counter.left,
            debt=counter.debt,
            to_rule=rule,
            to_debt=owed,
        )
        for key, counter, target in zip(keys, counters, targets, strict=True)
    ]
