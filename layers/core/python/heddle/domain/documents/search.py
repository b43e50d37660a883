"""What a search asks, and what it finds."""

from collections.abc import Mapping
from datetime import datetime

from heddle.domain.documents.document import Document
from heddle.records import dataclass

DEPTH = 200
"""How many of the best of each ranking are fused: pages, facets and totals are of these."""

MARK, UNMARK = "\ue000", "\ue001"
"""Stand around what matched in a highlighted text until it is written out: no document has them."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents count; what is empty or None does not filter.

    `tags`: all of them. `since` and `until` are of the last change, `until` exclusive.
    """

    media_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    min_quality: float | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """A query; `vector` None searches by words alone. `after` is the position a page before ended at."""

    text: str
    model: str = ""
    vector: tuple[float, ...] | None = None
    filters: Filters = Filters()  # frozen
    limit: int = 20
    after: tuple[float, str] | None = None
    by_words: bool = True
    facets: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. `ranks` says where it stood in `words` and `meaning`, from 1; `marked` has MARKs."""

    document: Document
    position: int
    text: str
    marked: str
    heading: str
    page: int | None
    start: int
    end: int
    score: float
    ranks: Mapping[str, int]

    @property
    def key(self) -> str:
        """What orders hits of the same score."""
        return hit_key(self.document.id, self.position)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits.

    `reached` is how many chunks the rankings hold together, at most twice DEPTH. `facets`: field to value to number of
    documents among them. `exact`: the vectors were compared one by one, so that none was missed.
    """

    hits: tuple[Hit, ...]
    reached: int
    more: bool
    facets: Mapping[str, Mapping[str, int]]
    exact: bool


def hit_key(document_id: str, position: int) -> str:
    """Return a text that orders as (document, position) does."""
    return f"{document_id}#{position:08d}"
