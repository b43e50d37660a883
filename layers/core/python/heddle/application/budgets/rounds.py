"""Trying again when others were first: each time a little later, and by chance, so that many get through."""

from collections.abc import Callable, Iterator

from heddle.errors import UpstreamUnavailable

ROUNDS = 60
FIRST_PAUSE, MAX_PAUSE = 0.002, 0.4
"""Seconds at most before the second round, doubled with each, and before the last ones."""


def rounds(chance: Callable[[], float], sleep: Callable[[float], None]) -> Iterator[int]:
    """Yield numbers from 0 as long as it is worth going on; then raise UpstreamUnavailable `budgets_busy`."""
    for number in range(ROUNDS):
        if number:
            sleep(min(MAX_PAUSE, FIRST_PAUSE * 2.0**number) * chance())
        yield number
    raise UpstreamUnavailable("too many calls at once meet at the counters of a budget", code="budgets_busy")
