"""Documents in PostgreSQL: rows under row-level security; searching and vectors have modules of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.types.json import Jsonb

from heddle.adapters.postgres import models, searching
from heddle.adapters.postgres.database import Database, Row
from heddle.adapters.postgres.filters import conditions
from heddle.adapters.postgres.rows import DOCUMENT, VERSION, document_of, version_of
from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.documents import ChunkText, EmbeddingModel, Kept
from heddle.application.ports.paging import Page
from heddle.domain.documents.document import Content, Document, DocumentVersion
from heddle.domain.documents.search import Filters, Found, Search
from heddle.domain.documents.words import configuration, searchable
from heddle.errors import NotFound

_CHUNK = """
insert into chunks (tenant, document_id, position, version, text, heading, page, start_offset, end_offset, tokens,
  configuration, search)
values (%(tenant)s, %(document)s, %(position)s, %(version)s, %(text)s, %(heading)s, %(page)s, %(start)s, %(end)s,
  %(tokens)s, %(configuration)s::regconfig,
  setweight(to_tsvector(%(configuration)s::regconfig, %(title)s), 'A')
    || setweight(to_tsvector(%(configuration)s::regconfig, %(heading_words)s), 'B')
    || to_tsvector(%(configuration)s::regconfig, %(words)s))
"""


class PostgresDocumentStore:
    """A DocumentStore on one database."""

    def __init__(self, database: Database, *, exact_up_to: int = searching.EXACT_UP_TO) -> None:
        self._database = database
        self._exact_up_to = exact_up_to

    # documents and versions

    def add(self, document: Document, version: DocumentVersion) -> Kept:
        with self._database.transaction(document.tenant) as cursor:
            _alone(cursor, document.tenant, document.content_hash)
            if found := _same_content(cursor, document.tenant, document.content_hash):
                return found
            _insert_document(cursor, document)
            _insert_version(cursor, version)
        return Kept(document, version, new=True)

    def add_version(self, version: DocumentVersion, *, at: datetime, by: str) -> Kept:
        tenant, ident = version.tenant, version.document_id
        with self._database.transaction(tenant) as cursor:
            document = _locked(cursor, tenant, ident)
            newest = _version(cursor, tenant, ident, document.version)
            if newest.content_hash == version.content_hash and newest.status != "failed":
                return Kept(document, newest, new=False)
            row = cursor.execute(
                f"""
                update documents d set version = version + 1, content_hash = %(hash)s, bytes = %(bytes)s,
                  filename = %(filename)s, status = case when ready_version > 0 then 'ready' else 'pending' end,
                  updated_at = %(at)s, updated_by = %(by)s
                where tenant = %(tenant)s and id = %(id)s returning {DOCUMENT}
                """,
                {
                    "tenant": tenant,
                    "id": ident,
                    "hash": version.content_hash,
                    "bytes": version.bytes,
                    "filename": version.filename,
                    "at": at,
                    "by": by,
                },
            ).fetchone()
            assert row is not None
            changed = document_of(row)
            _insert_version(cursor, version, number=changed.version)
            return Kept(changed, _version(cursor, tenant, ident, changed.version), new=True)

    def document(self, tenant: str, document_id: str) -> Document | None:
        with self._database.transaction(tenant) as cursor:
            row = cursor.execute(
                f"select {DOCUMENT} from documents d where tenant = %s and id = %s and status <> 'deleting'",
                [tenant, document_id],
            ).fetchone()
        return document_of(row) if row else None

    def documents(
        self, tenant: str, *, limit: int, cursor: str | None = None, filters: Filters | None = None
    ) -> Page[Document]:
        scope = f"{tenant}#documents"
        after, position = "", {}
        if cursor is not None:
            changed, ident = decode_cursor(cursor, scope, parts=2)
            after = " and (d.updated_at, d.id) < (%(changed)s::timestamptz, %(ident)s)"
            position = {"changed": changed, "ident": ident}
        only, values = conditions(filters)
        with self._database.transaction(tenant) as connected:
            rows = connected.execute(
                f"select {DOCUMENT} from documents d "
                f"where d.tenant = %(tenant)s and d.status <> 'deleting'{only}{after} "
                "order by d.updated_at desc, d.id desc limit %(most)s",
                {"tenant": tenant, "most": limit + 1, **values, **position},
            ).fetchall()
        found = tuple(document_of(row) for row in rows[:limit])
        last = found[-1] if len(rows) > limit else None
        return Page(found, encode_cursor(scope, last.updated_at.isoformat(), last.id) if last else None)

    def version(self, tenant: str, document_id: str, version: int) -> DocumentVersion | None:
        with self._database.transaction(tenant) as cursor:
            row = cursor.execute(
                f"select {VERSION} from document_versions where tenant = %s and document_id = %s and version = %s",
                [tenant, document_id, version],
            ).fetchone()
        return version_of(row) if row else None

    def versions(
        self, tenant: str, document_id: str, *, limit: int, cursor: str | None = None
    ) -> Page[DocumentVersion]:
        scope = f"{tenant}#document#{document_id}#versions"
        before = 2**31 - 1 if cursor is None else int(decode_cursor(cursor, scope)[0])
        with self._database.transaction(tenant) as connected:
            rows = connected.execute(
                f"select {VERSION} from document_versions where tenant = %s and document_id = %s and version < %s "
                "order by version desc limit %s",
                [tenant, document_id, before, limit + 1],
            ).fetchall()
        found = tuple(version_of(row) for row in rows[:limit])
        return Page(found, encode_cursor(scope, str(found[-1].version)) if len(rows) > limit else None)

    def describe(
        self, tenant: str, document_id: str, *, title: str | None, tags: tuple[str, ...] | None, at: datetime, by: str
    ) -> Document:
        with self._database.transaction(tenant) as cursor:
            row = cursor.execute(
                f"""
                update documents d set title = coalesce(%(title)s, title), tags = coalesce(%(tags)s::text[], tags),
                  updated_at = %(at)s, updated_by = %(by)s
                where tenant = %(tenant)s and id = %(id)s and status <> 'deleting' returning {DOCUMENT}
                """,
                {
                    "tenant": tenant,
                    "id": document_id,
                    "title": title,
                    "tags": None if tags is None else list(tags),
                    "at": at,
                    "by": by,
                },
            ).fetchone()
        if row is None:
            raise _no_document(document_id)
        return document_of(row)

    # what ingesting gives

    def make_ready(
        self, tenant: str, document_id: str, version: int, content: Content, *, at: datetime, again: bool = False
    ) -> Document:
        with self._database.transaction(tenant) as cursor:
            document = _locked(cursor, tenant, document_id)
            _finish(cursor, tenant, document_id, version, "ready", at, facts=content.facts, again=again)
            if document.ready_version > version or (document.ready_version == version and not again):
                return document  # done before, or overtaken
            cursor.execute("delete from chunks where tenant = %s and document_id = %s", [tenant, document_id])
            title = document.title or content.title
            _insert_chunks(cursor, tenant, document_id, version, title, content)
            if content.embedding is not None:
                embedding = content.embedding
                chunks = [(chunk.position, version) for chunk in content.chunks]
                models.note(cursor, tenant, embedding.model, embedding.dimensions, at)
                models.insert(cursor, tenant, embedding.model, document_id, chunks, embedding.vectors)
            row = cursor.execute(
                f"""
                update documents d set status = 'ready', ready_version = %(version)s, title = %(title)s,
                  media_type = %(media_type)s, language = %(language)s, quality = %(quality)s, chunks = %(chunks)s,
                  metadata = %(metadata)s, updated_at = %(at)s
                where tenant = %(tenant)s and id = %(id)s returning {DOCUMENT}
                """,
                {
                    "tenant": tenant,
                    "id": document_id,
                    "version": version,
                    "title": title,
                    "media_type": content.media_type,
                    "language": content.language,
                    "quality": content.quality,
                    "chunks": len(content.chunks),
                    "metadata": Jsonb(dict(content.metadata)),
                    "at": at,
                },
            ).fetchone()
            assert row is not None
            return document_of(row)

    def make_failed(
        self, tenant: str, document_id: str, version: int, *, code: str, message: str, at: datetime
    ) -> Document:
        with self._database.transaction(tenant) as cursor:
            document = _locked(cursor, tenant, document_id)
            _finish(cursor, tenant, document_id, version, "failed", at, error={"code": code, "message": message})
            if document.status != "pending" or document.version != version:
                return document
            row = cursor.execute(
                f"update documents d set status = 'failed', updated_at = %s where tenant = %s and id = %s "
                f"returning {DOCUMENT}",
                [at, tenant, document_id],
            ).fetchone()
            assert row is not None
            return document_of(row)

    def begin_delete(self, tenant: str, document_id: str, *, at: datetime, by: str) -> None:
        with self._database.transaction(tenant) as cursor:
            found = cursor.execute(
                "update documents set status = 'deleting', updated_at = %s, updated_by = %s "
                "where tenant = %s and id = %s",
                [at, by, tenant, document_id],
            )
            if not found.rowcount:
                raise _no_document(document_id)
            cursor.execute("delete from chunks where tenant = %s and document_id = %s", [tenant, document_id])

    def finish_delete(self, tenant: str, document_id: str) -> None:
        with self._database.transaction(tenant) as cursor:
            cursor.execute(
                "delete from documents where tenant = %s and id = %s and status = 'deleting'", [tenant, document_id]
            )

    # searching

    def search(self, tenant: str, search: Search) -> Found:
        with self._database.transaction(tenant) as cursor:
            return searching.search(cursor, tenant, search, self._exact_up_to)

    # vectors

    def embedding_model(self, tenant: str) -> EmbeddingModel | None:
        with self._database.transaction(tenant) as cursor:
            return models.current(cursor, tenant)

    def change_model(self, tenant: str, model: str | None, *, state: dict[str, Any] | None) -> EmbeddingModel:
        with self._database.transaction(tenant) as cursor:
            return models.change(cursor, tenant, model, state)

    def without_vector(self, tenant: str, model: str, *, limit: int) -> list[ChunkText]:
        with self._database.transaction(tenant) as cursor:
            return models.without_vector(cursor, tenant, model, limit)

    def add_vectors(self, tenant: str, model: str, chunks: list[ChunkText], vectors: list[tuple[float, ...]]) -> int:
        with self._database.transaction(tenant) as cursor:
            return models.add(cursor, tenant, model, chunks, vectors)

    def use_model(self, tenant: str, model: str, dimensions: int, *, at: datetime) -> bool:
        with self._database.transaction(tenant) as cursor:
            return models.use(cursor, tenant, model, dimensions, at)


def _alone(cursor: "Cursor[Row]", tenant: str, content_hash: str) -> None:
    """Wait until nobody else adds this content; ends with the transaction."""
    cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{tenant}#{content_hash}"])


def _same_content(cursor: "Cursor[Row]", tenant: str, content_hash: str) -> Kept | None:
    row = cursor.execute(
        f"""
        select {DOCUMENT}, v.version as found_version
        from document_versions v join documents d on d.tenant = v.tenant and d.id = v.document_id
        where v.tenant = %s and v.content_hash = %s and v.status <> 'failed' and d.status <> 'deleting'
          and v.version in (d.version, d.ready_version)
        order by d.created_at, d.id limit 1
        """,
        [tenant, content_hash],
    ).fetchone()
    if row is None:
        return None
    document = document_of(row)
    return Kept(document, _version(cursor, tenant, document.id, row["found_version"]), new=False)


def _locked(cursor: "Cursor[Row]", tenant: str, document_id: str) -> Document:
    row = cursor.execute(
        f"select {DOCUMENT} from documents d where tenant = %s and id = %s and status <> 'deleting' for update",
        [tenant, document_id],
    ).fetchone()
    if row is None:
        raise _no_document(document_id)
    return document_of(row)


def _version(cursor: "Cursor[Row]", tenant: str, document_id: str, version: int) -> DocumentVersion:
    row = cursor.execute(
        f"select {VERSION} from document_versions where tenant = %s and document_id = %s and version = %s",
        [tenant, document_id, version],
    ).fetchone()
    if row is None:
        raise NotFound(f"document {document_id!r} has no version {version}", code="document_version_not_found")
    return version_of(row)


def _no_document(document_id: str) -> NotFound:
    return NotFound(f"there is no document {document_id!r}", code="document_not_found")


def _insert_document(cursor: "Cursor[Row]", document: Document) -> None:
    cursor.execute(
        """
        insert into documents (tenant, id, title, filename, media_type, source, tags, status, version, content_hash,
          bytes, metadata, created_at, created_by, updated_at, updated_by)
        values (%(tenant)s, %(id)s, %(title)s, %(filename)s, %(media_type)s, %(source)s, %(tags)s, %(status)s,
          %(version)s, %(hash)s, %(bytes)s, %(metadata)s, %(created_at)s, %(created_by)s, %(updated_at)s,
          %(updated_by)s)
        """,
        {
            "tenant": document.tenant,
            "id": document.id,
            "title": document.title,
            "filename": document.filename,
            "media_type": document.media_type,
            "source": document.source,
            "tags": list(document.tags),
            "status": document.status,
            "version": document.version,
            "hash": document.content_hash,
            "bytes": document.bytes,
            "metadata": Jsonb(dict(document.metadata)),
            "created_at": document.created_at,
            "created_by": document.created_by,
            "updated_at": document.updated_at,
            "updated_by": document.updated_by,
        },
    )


def _insert_version(cursor: "Cursor[Row]", version: DocumentVersion, *, number: int | None = None) -> None:
    cursor.execute(
        """
        insert into document_versions (tenant, document_id, version, status, content_hash, object, bytes, media_type,
          filename, facts, created_at, created_by)
        values (%s, %s, %s, 'pending', %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            version.tenant,
            version.document_id,
            version.version if number is None else number,
            version.content_hash,
            version.object,
            version.bytes,
            version.media_type,
            version.filename,
            Jsonb(dict(version.facts)),
            version.created_at,
            version.created_by,
        ],
    )


def _insert_chunks(
    cursor: "Cursor[Row]", tenant: str, document_id: str, version: int, title: str, content: Content
) -> None:
    same = {
        "tenant": tenant,
        "document": document_id,
        "version": version,
        "configuration": configuration(content.language),
        "title": searchable(title),
    }
    cursor.executemany(
        _CHUNK,
        [
            same
            | {
                "position": chunk.position,
                "text": chunk.text,
                "heading": chunk.heading,
                "heading_words": searchable(chunk.heading),
                "words": searchable(chunk.text),
                "page": chunk.page,
                "start": chunk.start,
                "end": chunk.end,
                "tokens": chunk.tokens,
            }
            for chunk in content.chunks
        ],
    )


def _finish(
    cursor: "Cursor[Row]",
    tenant: str,
    document_id: str,
    version: int,
    status: str,
    at: datetime,
    *,
    facts: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
    again: bool = False,
) -> None:
    """Say how a version ended. One that is ready stays ready: its failure is of a delivery that came late."""
    cursor.execute(
        """
        update document_versions set status = %(status)s, facts = coalesce(%(facts)s, facts), error = %(error)s,
          finished_at = %(at)s
        where tenant = %(tenant)s and document_id = %(id)s and version = %(version)s
          and (status <> 'ready' or %(again)s)
        """,
        {
            "tenant": tenant,
            "id": document_id,
            "version": version,
            "status": status,
            "facts": None if facts is None else Jsonb(dict(facts)),
            "error": None if error is None else Jsonb(dict(error)),
            "at": at,
            "again": again,
        },
    )
