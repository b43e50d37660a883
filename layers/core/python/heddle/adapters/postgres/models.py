"""Vectors by model: which one a tenant searches by, and changing over to another while searches go on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.types.json import Jsonb

from heddle.adapters.postgres.database import Row, vector_text
from heddle.application.ports.documents import ChunkText, EmbeddingModel
from heddle.errors import NotFound

_MODEL = "model, dimensions, since, next_model, next_state"

_INSERT = """
insert into vectors (tenant, model, document_id, position, dimensions, embedding)
select c.tenant, %(model)s, c.document_id, c.position, %(dimensions)s, %(vector)s::vector
from chunks c
where c.tenant = %(tenant)s and c.document_id = %(document)s and c.position = %(position)s and c.version = %(version)s
on conflict do nothing
"""


def current(cursor: "Cursor[Row]", tenant: str) -> EmbeddingModel | None:
    """See `DocumentStore.embedding_model`."""
    row = cursor.execute(f"select {_MODEL} from embedding_models where tenant = %s", [tenant]).fetchone()
    return EmbeddingModel(**row) if row else None


def note(cursor: "Cursor[Row]", tenant: str, model: str, dimensions: int, at: datetime) -> None:
    """Search by this model, if the tenant has none yet."""
    cursor.execute(
        "insert into embedding_models (tenant, model, dimensions, since) values (%s, %s, %s, %s) "
        "on conflict do nothing",
        [tenant, model, dimensions, at],
    )
    # Held until this transaction ends: `use` waits, and then sees the chunks that are written now.
    cursor.execute("select from embedding_models where tenant = %s for share", [tenant])


def change(cursor: "Cursor[Row]", tenant: str, model: str | None, state: dict[str, Any] | None) -> EmbeddingModel:
    """See `DocumentStore.change_model`."""
    row = cursor.execute(
        f"update embedding_models set next_model = %s, next_state = %s where tenant = %s returning {_MODEL}",
        [model, None if state is None else Jsonb(state), tenant],
    ).fetchone()
    if row is None:
        raise NotFound("no document has been embedded yet", code="embedding_model_not_found")
    return EmbeddingModel(**row)


def without_vector(cursor: "Cursor[Row]", tenant: str, model: str, limit: int) -> list[ChunkText]:
    """See `DocumentStore.without_vector`."""
    rows = cursor.execute(
        """
        select c.document_id, c.position, c.version, c.text from chunks c
        where c.tenant = %(tenant)s and not exists (
          select from vectors v
          where v.tenant = c.tenant and v.model = %(model)s and v.document_id = c.document_id
            and v.position = c.position)
        order by c.document_id, c.position limit %(limit)s
        """,
        {"tenant": tenant, "model": model, "limit": limit},
    ).fetchall()
    return [ChunkText(**row) for row in rows]


def add(
    cursor: "Cursor[Row]", tenant: str, model: str, chunks: Sequence[ChunkText], vectors: Sequence[tuple[float, ...]]
) -> int:
    """See `DocumentStore.add_vectors`."""
    cursor.executemany(
        _INSERT,
        [
            _values(tenant, model, chunk.document_id, chunk.position, chunk.version, vector)
            for chunk, vector in zip(chunks, vectors, strict=True)
        ],
    )
    return cursor.rowcount


def insert(
    cursor: "Cursor[Row]",
    tenant: str,
    model: str,
    document_id: str,
    chunks: Sequence[tuple[int, int]],
    vectors: Sequence[tuple[float, ...]],
) -> None:
    """Keep the vectors of one document's chunks, (position, version) each."""
    cursor.executemany(
        _INSERT,
        [
            _values(tenant, model, document_id, position, version, vector)
            for (position, version), vector in zip(chunks, vectors, strict=True)
        ],
    )


def use(cursor: "Cursor[Row]", tenant: str, model: str, dimensions: int, at: datetime) -> bool:
    """See `DocumentStore.use_model`."""
    # Nobody may make a document ready with vectors of the old model between the question and the change.
    row = cursor.execute("select model from embedding_models where tenant = %s for update", [tenant]).fetchone()
    if row is None:
        raise NotFound("no document has been embedded yet", code="embedding_model_not_found")
    if without_vector(cursor, tenant, model, 1):
        return False
    cursor.execute(
        "update embedding_models set model = %s, dimensions = %s, since = %s, next_model = null, next_state = null "
        "where tenant = %s",
        [model, dimensions, at, tenant],
    )
    cursor.execute("delete from vectors where tenant = %s and model <> %s", [tenant, model])
    return True


def _values(
    tenant: str, model: str, document_id: str, position: int, version: int, vector: tuple[float, ...]
) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "model": model,
        "document": document_id,
        "position": position,
        "version": version,
        "dimensions": len(vector),
        "vector": vector_text(vector),
    }
