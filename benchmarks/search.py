"""Search at 50,000 chunks: p50 and p95 by words, by meaning and hybrid, and the recall of what is found by meaning.

    python -m benchmarks.search [--chunks 50000] [--tenants 50] [--queries 200]

Starts a PostgreSQL of its own, fills it twice, and searches through the store that functions use, row-level security
and all: once with the chunks divided among tenants (each small enough to compare every vector), once with all of them
in one tenant (searched by the index). `plain` is the statement that one would write first, a filter on the tenant and
an order by distance, with whatever plan PostgreSQL takes.

Vectors have 384 dimensions and lie in clusters, as those of texts do; texts are words drawn by Zipf's law.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import psycopg

from benchmarks.machine import describe
from heddle.adapters.postgres.database import Database, vector_text
from heddle.adapters.postgres.documents import PostgresDocumentStore
from heddle.domain.documents.search import Search
from tests.support.postgres import running_server

DIMENSIONS, CLUSTERS, WORDS, PER_DOCUMENT, TOP = 384, 200, 4_000, 20, 10
MODEL = "bench/model"
INDEX = "using hnsw ((embedding::vector(384)) vector_cosine_ops) where dimensions = 384"


@dataclass(frozen=True)
class World:
    """What vectors and texts are drawn from."""

    chance: random.Random
    centres: list[list[float]]
    cumulative: list[float]

    @classmethod
    def make(cls, seed: int = 7) -> "World":
        """Return the same world each time."""
        chance = random.Random(seed)
        centres = [[chance.gauss(0, 1) for _ in range(DIMENSIONS)] for _ in range(CLUSTERS)]
        return cls(chance, centres, list(accumulate(1 / (rank + 1) for rank in range(WORDS))))

    def vector(self) -> tuple[float, ...]:
        """Return a vector near one of the centres."""
        centre = self.chance.choice(self.centres)
        return tuple(round(value + self.chance.gauss(0, 0.6), 4) for value in centre)

    def text(self, words: int) -> str:
        """Return words, common ones often."""
        drawn = self.chance.choices(range(WORDS), cum_weights=self.cumulative, k=words)
        return " ".join(f"word{number:04d}" for number in drawn)


def fill(url: str, world: World, chunks: int, tenants: int) -> None:
    """Copy documents, chunks and vectors, and build the index afterwards."""
    each = chunks // tenants
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("drop index heddle.vectors_384")
        with owner.cursor() as cursor:
            with cursor.copy(
                "copy heddle.documents (tenant, id, title, status, version, ready_version, content_hash, bytes, "
                "language, created_at, created_by, updated_at, updated_by) from stdin"
            ) as copy:
                for tenant, document in places(tenants, each // PER_DOCUMENT):
                    moment = "2026-01-31T09:00:00Z"
                    copy.write_row(
                        (tenant, document, document, "ready", 1, 1, document, 1, "en", moment, "b", moment, "b")
                    )
            owner.execute("create temporary table given (tenant text, document text, position int, text text)")
            with cursor.copy("copy given from stdin") as copy:
                for tenant, document in places(tenants, each // PER_DOCUMENT):
                    for position in range(PER_DOCUMENT):
                        copy.write_row((tenant, document, position, world.text(60)))
            owner.execute(
                "insert into heddle.chunks (tenant, document_id, position, version, text, start_offset, end_offset, "
                "tokens, configuration, search) select tenant, document, position, 1, text, 0, 0, 60, 'english', "
                "to_tsvector('english', text) from given"
            )
            with cursor.copy(
                "copy heddle.vectors (tenant, model, document_id, position, dimensions, embedding) from stdin"
            ) as copy:
                for tenant, document in places(tenants, each // PER_DOCUMENT):
                    for position in range(PER_DOCUMENT):
                        copy.write_row((tenant, MODEL, document, position, DIMENSIONS, vector_text(world.vector())))
        owner.execute("set maintenance_work_mem = '512MB'")
        owner.execute(f"create index vectors_384 on heddle.vectors {INDEX}")
        owner.execute("vacuum analyze")


def places(tenants: int, documents: int) -> Iterator[tuple[str, str]]:
    """Yield (tenant, document)."""
    for tenant in range(tenants):
        for document in range(documents):
            yield f"t{tenant}", f"t{tenant}-d{document:05d}"


def truth(url: str, tenant: str, vector: Sequence[float]) -> set[tuple[str, int]]:
    """Return the nearest, each vector compared."""
    return nearest(url, tenant, vector, "(embedding <=> %s::vector) + 0")


def plain(url: str, tenant: str, vector: Sequence[float]) -> set[tuple[str, int]]:
    """Return what the statement finds that one would write first."""
    return nearest(url, tenant, vector, "embedding::vector(384) <=> %s::vector(384)")


def nearest(url: str, tenant: str, vector: Sequence[float], distance: str) -> set[tuple[str, int]]:
    """Return the first by a distance."""
    with psycopg.connect(url) as connection:
        statement = (
            "select document_id, position from heddle.vectors where tenant = %s and model = %s and dimensions = 384 "
            f"order by {distance} limit {TOP}"
        )
        return set(connection.execute(statement, [tenant, MODEL, vector_text(vector)]).fetchall())


def timed(searches: Sequence[Callable[[], object]]) -> str:
    """Carry out all, and return p50 and p95 in milliseconds."""
    took = []
    for search in searches:
        began = time.perf_counter()
        search()
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return f"{statistics.median(took):7.1f} {took[int(len(took) * 0.95)]:7.1f}"


def measure(url: str, world: World, tenants: int, queries: int) -> None:
    """Print the figures of one filling."""
    database = Database(url)
    store = PostgresDocumentStore(database)
    asked = [(f"t{world.chance.randrange(tenants)}", world.text(4), world.vector()) for _ in range(queries)]

    def searches(**options: bool) -> list[Callable[[], object]]:
        def one(tenant: str, text: str, vector: tuple[float, ...]) -> Callable[[], object]:
            near = vector if options.get("meaning", True) else None
            search = Search(text, MODEL, near, limit=TOP, by_words=options.get("words", True))
            return lambda: store.search(tenant, search)

        return [one(*each) for each in asked]

    for _ in (search() for search in searches()[:20]):  # everything is in memory before the clock runs
        pass
    print(f"  by words      {timed(searches(meaning=False))} ms")
    print(f"  by meaning    {timed(searches(words=False))} ms")
    print(f"  hybrid        {timed(searches())} ms")
    found = naive = 0
    for tenant, _, vector in asked:
        real = truth(url, tenant, vector)
        result = store.search(tenant, Search("", MODEL, vector, limit=TOP, by_words=False))
        found += len({(hit.document.id, hit.position) for hit in result.hits} & real)
        naive += len(plain(url, tenant, vector) & real)
    exact = "each compared" if result.exact else "by the index"
    print(
        f"  recall@{TOP}     {found / (TOP * queries):7.3f}  ({exact}); plain statement {naive / (TOP * queries):.3f}"
    )
    database.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, default=50_000)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument("--queries", type=int, default=200)
    options = parser.parse_args()
    print(describe())
    print(f"{options.chunks} chunks, {DIMENSIONS} dimensions, {options.queries} queries   p50     p95")
    with running_server() as server:
        for tenants in (options.tenants, 1):
            with server.database() as url:
                world = World.make()
                fill(url, world, options.chunks, tenants)
                print(f"{tenants} tenant{'s' if tenants > 1 else ''}, {options.chunks // tenants} chunks each")
                measure(url, world, tenants, options.queries)


if __name__ == "__main__":
    main()
