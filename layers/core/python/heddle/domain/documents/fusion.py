"""One ranking out of several, by the ranks alone: scores of full text and distances of vectors cannot be compared.

Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods"
(SIGIR 2009): the score is the sum of 1 / (k + rank) over the rankings, with k = 60.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

K = 60

Key = TypeVar("Key", bound=Any)


def fuse(rankings: Mapping[str, Sequence[Key]]) -> list[tuple[Key, float, dict[str, int]]]:
    """Return (key, score, its rank from 1 in each ranking that has it), best first; what ties is ordered by key."""
    ranks: dict[Key, dict[str, int]] = {}
    for name, ranking in rankings.items():
        for rank, key in enumerate(ranking, 1):
            ranks.setdefault(key, {}).setdefault(name, rank)
    fused = [(key, sum(1 / (K + rank) for rank in found.values()), found) for key, found in ranks.items()]
    return sorted(fused, key=lambda entry: (-entry[1], entry[0]))
