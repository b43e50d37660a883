"""The operation `ingest`: an item becomes a document, and is done once that can be searched.

    hand it in ─► wait: the lane looks again later, with the document's id ─► ready, or the reason why not

Reading a document takes a state machine some seconds, sometimes minutes. Nobody sits beside it: what is waited for
travels in the task.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heddle.application.documents.add_document import AddDocument, Draft
from heddle.application.ports.batches import Done, Waiting
from heddle.application.ports.blobs import BlobStore
from heddle.application.ports.documents import DocumentStore
from heddle.application.ports.fetching import Fetch
from heddle.domain.batches.batch import Batch, Item
from heddle.domain.documents.document import DocumentVersion
from heddle.errors import NodeError, NotFound

MAX_FETCHED = 64 * 1024 * 1024
FIRST_LOOK, LONGEST_PAUSE = 1, 15


@dataclass(frozen=True)
class IngestItem:
    """Ingests items. The same bytes are one document of the tenant, so that doing it again does no harm."""

    add: AddDocument
    documents: DocumentStore
    blobs: BlobStore
    fetch: Fetch

    def __call__(self, batch: Batch, item: Item, memo: Mapping[str, Any], *, seconds: float) -> Done | Waiting:
        """Hand it in, or look how far it is.

        Raises NodeError with the reason why a document could not be read, NotFound `upload_not_found` and
        `document_not_found` (somebody deleted it meanwhile), PayloadTooLarge, and what fetching raises.
        """
        if "document" in memo:
            return self._look(batch, memo)
        draft = self._draft(batch, item, seconds)
        kept = self.add(batch.tenant, draft, by=batch.created_by, correlation_id=batch.correlation_id)
        if item.url is not None and draft.upload is not None and not kept.new:
            self.add.originals.remove(batch.tenant, draft.upload)
        handed_in = {"document": kept.document.id, "version": kept.version.version, "new": kept.new}
        if kept.version.status == "pending":
            return Waiting({**handed_in, "pause": FIRST_LOOK}, FIRST_LOOK)
        return self._done(kept.version, new=kept.new)

    def _look(self, batch: Batch, memo: Mapping[str, Any]) -> Done | Waiting:
        version = self.documents.version(batch.tenant, str(memo["document"]), int(memo["version"]))
        if version is None:
            raise NotFound("the document was deleted while it was read", code="document_not_found")
        if version.status == "pending":
            pause = min(2 * int(memo["pause"]), LONGEST_PAUSE)
            return Waiting({**memo, "pause": pause}, pause)
        return self._done(version, new=bool(memo["new"]))

    def _done(self, version: DocumentVersion, *, new: bool) -> Done:
        if version.status == "failed":
            reason = version.error or {}
            code, message = str(reason.get("code")), str(reason.get("message"))
            raise NodeError(message, code=code, document=version.document_id)
        document = self.documents.document(version.tenant, version.document_id)
        if document is None:
            raise NotFound("the document was deleted while it was read", code="document_not_found")
        summary = {
            "document": document.id,
            "version": version.version,
            "new": new,
            "title": document.title,
            "media_type": document.media_type.partition(";")[0],
            "bytes": version.bytes,
            "language": document.language,
            "chunks": document.chunks,
            "words": version.facts.get("words"),
            "cost_usd": (version.facts.get("embedding") or {}).get("cost_usd"),
        }
        return Done(summary)

    def _draft(self, batch: Batch, item: Item, seconds: float) -> Draft:
        asked = batch.parameters
        filename, source, upload, media_type = item.name, "", item.object, item.content_type
        if item.url is not None:
            found = self.fetch(item.url, seconds=seconds, max_bytes=MAX_FETCHED, correlation_id=batch.correlation_id)
            if not found.data.strip():
                raise NodeError(f"{found.url} answered with nothing", code="document_empty")
            # An upload of the item's own: it is forgotten as soon as the document has been made of it.
            place = f"uploads/fetched/{batch.id}/{item.position}"
            upload = self.blobs.put(batch.tenant, found.data, media_type=found.media_type, prefix=place).key
            filename, source = filename or posixpath.basename(found.name), found.url
        return Draft(
            text=item.content,
            upload=upload,
            filename=(filename or posixpath.basename(item.object or ""))[:255],
            media_type=media_type,
            source=source[:2048],
            language=asked.get("language") or "",
            tags=tuple(asked.get("tags", ())),
            # A worker that comes after one that died hands it in again, perhaps when its document is ready already.
            keep_upload=item.url is None,
        )
