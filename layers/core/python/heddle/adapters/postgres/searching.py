"""Hybrid search within a tenant: the best by words, the best by meaning, fused.

The trap here: with a filter on the tenant, PostgreSQL likes to walk its index over the vectors of all tenants and to
throw away what belongs to others; of ten neighbours 0.7 are then left. So vectors are compared one by one where the
tenant (after the filters) has few, which misses nothing; and where it has many, the index goes on walking until
enough are found (iterative scan).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from psycopg import Cursor

from heddle.adapters.postgres.database import Row, vector_text
from heddle.adapters.postgres.filters import conditions
from heddle.adapters.postgres.rows import DOCUMENT, document_of
from heddle.domain.documents.document import Document
from heddle.domain.documents.fusion import fuse
from heddle.domain.documents.search import DEPTH, MARK, UNMARK, Found, Hit, Search, hit_key
from heddle.domain.documents.words import configuration, has_operators, has_words, mark_spaceless, searchable

EXACT_UP_TO = 10_000
"""Up to so many vectors after the filters are compared one by one; see benchmarks/search.py for what that takes."""

INDEXED = {256: "vector", 384: "vector", 512: "vector", 768: "vector", 1024: "vector", 1536: "vector", 3072: "halfvec"}
"""Sizes that have an index, and the type that it is over: what migrations/0001_documents.sql creates."""

_WEIGHTS = "{0.4, 0.4, 0.6, 0.8}"  # text, unused, heading, title: a title alone should not beat a text about the matter
_HEADLINE = f'StartSel={MARK}, StopSel={UNMARK}, MaxFragments=2, MaxWords=40, MinWords=15, FragmentDelimiter=" … "'
# Ranking every chunk that has one common word of the question would take long, and tell little.
_MOST_RANKED = 5_000

Key = tuple[str, int]


def search(cursor: "Cursor[Row]", tenant: str, search: Search, exact_up_to: int) -> Found:
    """See `DocumentStore.search`."""
    only, values = conditions(search.filters)
    where = f"d.tenant = %(tenant)s and d.status = 'ready'{only}"
    values |= {"tenant": tenant, "depth": DEPTH}
    queries = _queries(cursor, tenant, search)
    rankings: dict[str, Sequence[Key]] = {}
    if queries and search.by_words:
        rankings["words"] = _by_words(cursor, where, values, queries, strict=has_operators(search.text))
    exact = True
    if search.vector is not None and any(search.vector):
        rankings["meaning"], exact = _by_meaning(cursor, where, values, search, exact_up_to)
    fused = fuse(rankings)
    rest = [entry for entry in fused if _is_after(entry[0], entry[1], search.after)]
    hits = _hits(cursor, tenant, rest[: search.limit], queries[-1] if queries else None, search.text)
    facets = _facets(cursor, tenant, [key for key, _, _ in fused]) if search.facets else {}
    return Found(hits, len(fused), len(rest) > search.limit, facets, exact)


def _queries(cursor: "Cursor[Row]", tenant: str, search: Search) -> list[str]:
    """Return the query for PostgreSQL: with all words, and with any of them; nothing if it has none.

    In every language that the tenant has documents in: whose rules the question follows is not known.
    """
    if not has_words(search.text):
        return []
    rows = cursor.execute("select distinct language from documents where tenant = %s", [tenant]).fetchall()
    wanted = [
        row["language"] for row in rows if not search.filters.languages or row["language"] in search.filters.languages
    ]
    configurations = sorted({configuration(language) for language in wanted})
    if not configurations:
        return []
    row = cursor.execute(
        """
        select string_agg('(' || nullif(strict::text, '') || ')', ' | ') as strict,
          string_agg('(' || nullif(loose::text, '') || ')', ' | ') as loose
        from unnest(%(configurations)s::regconfig[]) as c (name),
          websearch_to_tsquery(c.name, %(text)s) as strict,
          -- Words stand in quotes here, so only operators are replaced.
          cast(replace(plainto_tsquery(c.name, %(text)s)::text, ' & ', ' | ') as tsquery) as loose
        """,
        {"configurations": configurations, "text": searchable(search.text)},
    ).fetchone()
    assert row is not None
    return [query for query in (row["strict"], row["loose"]) if query]


def _by_words(
    cursor: "Cursor[Row]", where: str, values: dict[str, Any], queries: Sequence[str], *, strict: bool
) -> list[Key]:
    """Return the best by words: those with all words first; then, unless the query has operators, with some of them."""
    found: list[Key] = []
    for query in queries[:1] if strict else dict.fromkeys(queries):
        rows = cursor.execute(
            f"""
            select document_id, position from (
              select c.document_id, c.position, c.search
              from chunks c join documents d on d.tenant = c.tenant and d.id = c.document_id
              where {where} and c.search @@ %(query)s::tsquery limit {_MOST_RANKED}) as matching
            order by ts_rank(%(weights)s, search, %(query)s::tsquery, 1) desc, document_id, position
            limit %(depth)s
            """,
            {**values, "query": query, "weights": _WEIGHTS},
        ).fetchall()
        known = set(found)
        found += [key for row in rows if (key := _key(row)) not in known]
        if len(found) >= DEPTH:
            break
    return found[:DEPTH]


def _by_meaning(
    cursor: "Cursor[Row]", where: str, values: dict[str, Any], search: Search, exact_up_to: int
) -> tuple[list[Key], bool]:
    """Return the nearest, and whether each vector was looked at."""
    assert search.vector is not None
    size = len(search.vector)
    vectors = f"""
      from vectors v join documents d on d.tenant = v.tenant and d.id = v.document_id
      where v.tenant = %(tenant)s and v.model = %(model)s and v.dimensions = {size} and {where}
    """
    values = {**values, "model": search.model, "vector": vector_text(search.vector), "most": exact_up_to + 1}
    kind = INDEXED.get(size)
    counted = cursor.execute(
        f"select count(*) as n from (select {vectors} limit %(most)s) as counted", values
    ).fetchone()
    assert counted is not None
    exact = kind is None or counted["n"] <= exact_up_to
    if exact:
        # The addition keeps the planner from taking the index over all tenants.
        distance = "(v.embedding <=> %(vector)s::vector) + 0"
    else:
        cursor.execute(
            "select set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', %s, true), "
            "set_config('hnsw.max_scan_tuples', '100000', true)",
            [str(DEPTH)],
        )
        distance = f"v.embedding::{kind}({size}) <=> %(vector)s::{kind}({size})"
    rows = cursor.execute(
        f"""
        with nearest as materialized (
          select v.document_id, v.position, {distance} as distance {vectors} order by {distance} limit %(depth)s)
        select document_id, position from nearest order by distance, document_id, position
        """,
        values,
    ).fetchall()
    return [_key(row) for row in rows], exact


def _hits(
    cursor: "Cursor[Row]",
    tenant: str,
    wanted: Sequence[tuple[Key, float, dict[str, int]]],
    query: str | None,
    text: str,
) -> tuple[Hit, ...]:
    if not wanted:
        return ()
    rows = cursor.execute(
        f"""
        select {DOCUMENT}, c.position, c.text, c.heading, c.page, c.start_offset, c.end_offset,
          ts_headline(c.configuration, c.text, %(query)s::tsquery, %(headline)s) as marked
        from unnest(%(documents)s::text[], %(positions)s::integer[]) as wanted (document_id, position)
          join chunks c on c.tenant = %(tenant)s and c.document_id = wanted.document_id and c.position = wanted.position
          join documents d on d.tenant = c.tenant and d.id = c.document_id
        """,
        {
            "tenant": tenant,
            "documents": [key[0] for key, _, _ in wanted],
            "positions": [key[1] for key, _, _ in wanted],
            "query": query or "",
            "headline": _HEADLINE,
        },
    ).fetchall()
    documents: dict[str, Document] = {}
    found = {}
    for row in rows:
        document = documents.setdefault(row["id"], document_of(row))
        found[document.id, row["position"]] = (document, row)
    return tuple(_hit(*found[key], score, ranks, text) for key, score, ranks in wanted if key in found)


def _hit(document: Document, row: Row, score: float, ranks: dict[str, int], text: str) -> Hit:
    return Hit(
        document=document,
        position=row["position"],
        text=row["text"],
        marked=mark_spaceless(row["marked"], text),
        heading=row["heading"],
        page=row["page"],
        start=row["start_offset"],
        end=row["end_offset"],
        score=score,
        ranks=ranks,
    )


def _facets(cursor: "Cursor[Row]", tenant: str, keys: Sequence[Key]) -> dict[str, dict[str, int]]:
    rows = cursor.execute(
        "select media_type, language, tags from documents where tenant = %s and id = any(%s)",
        [tenant, sorted({document for document, _ in keys})],
    ).fetchall()
    tags = Counter(tag for row in rows for tag in row["tags"])
    return {
        "media_type": dict(Counter(row["media_type"] for row in rows if row["media_type"]).most_common()),
        "language": dict(Counter(row["language"] for row in rows if row["language"]).most_common()),
        "tags": dict(tags.most_common(50)),
    }


def _key(row: Row) -> Key:
    return row["document_id"], row["position"]


def _is_after(key: Key, score: float, after: tuple[float, str] | None) -> bool:
    return after is None or (-score, hit_key(*key)) > (-after[0], after[1])
