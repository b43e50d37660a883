"""The planner's trap: an index over all tenants' vectors, walked for one tenant, gives almost nothing.

Two thousand vectors of forty tenants, random in 256 dimensions: the hardest case for an index.
"""

from collections.abc import Iterator

import psycopg
import pytest

from heddle.adapters.postgres.database import Database, vector_text
from heddle.adapters.postgres.documents import PostgresDocumentStore
from heddle.domain.documents.search import Search
from tests.support.postgres import Server

TENANTS, EACH, WANTED = 40, 50, 10

_FILL = """
select setseed(0.42);
insert into heddle.documents (tenant, id, title, status, version, ready_version, content_hash, bytes, created_at,
  created_by, updated_at, updated_by)
select 't' || t, 'd', '', 'ready', 1, 1, '', 0, now(), '', now(), '' from generate_series(1, {tenants}) as t;
insert into heddle.chunks (tenant, document_id, position, version, text, start_offset, end_offset, tokens,
  configuration, search)
select 't' || t, 'd', n, 1, '', 0, 0, 0, 'simple', ''
from generate_series(1, {tenants}) t, generate_series(1, {each}) n;
insert into heddle.vectors (tenant, model, document_id, position, dimensions, embedding)
select c.tenant, 'm', c.document_id, c.position, 256, array_agg(random() - 0.5)::vector
from heddle.chunks c, generate_series(1, 256) group by 1, 3, 4;
analyze;
"""


@pytest.fixture(scope="module")
def crowded(postgres: Server) -> Iterator[str]:
    with postgres.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_FILL.format(tenants=TENANTS, each=EACH))
        yield url


def vector_of(url: str, tenant: str, position: int) -> tuple[float, ...]:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select embedding::real[] from heddle.vectors where tenant = %s and position = %s", [tenant, position]
        ).fetchone()
    assert row is not None
    return tuple(row[0])


def nearest(url: str, tenant: str, vector: tuple[float, ...]) -> list[int]:
    """Return the truth: all vectors of the tenant compared."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select position from heddle.vectors where tenant = %s order by (embedding <=> %s::vector) + 0 limit %s",
            [tenant, vector_text(vector), WANTED],
        ).fetchall()
    return [position for (position,) in rows]


def test_the_trap_is_there(crowded: str) -> None:
    """What a plain query gives, by the index that the planner would take if there were more rows."""
    query = vector_text(vector_of(crowded, "t7", 3))
    with psycopg.connect(crowded) as connection:
        connection.execute("set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off")
        rows = connection.execute(
            "select position from heddle.vectors where tenant = 't7' and dimensions = 256 "
            "order by embedding::vector(256) <=> %s::vector(256) limit %s",
            [query, WANTED],
        ).fetchall()

    assert len(rows) < WANTED / 2


@pytest.mark.parametrize("exact_up_to", [10_000, 0], ids=["exact", "by the index"])
def test_a_tenant_finds_its_nearest_all_the_same(crowded: str, exact_up_to: int) -> None:
    database = Database(crowded)
    store = PostgresDocumentStore(database, exact_up_to=exact_up_to)
    found = wanted = 0
    for position in range(1, EACH + 1, 5):
        query = vector_of(crowded, "t7", position)
        truth = nearest(crowded, "t7", query)

        result = store.search("t7", Search("", model="m", vector=query, limit=WANTED))

        assert result.exact is (exact_up_to > 0)
        assert len(result.hits) == WANTED
        found += len({hit.position for hit in result.hits} & set(truth))
        wanted += WANTED
    database.close()

    assert found / wanted >= (1.0 if exact_up_to else 0.9)
