"""What a tenant has beside its runs: workflows, approvals, uploads, API keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from heddle_sdk.documents import id_from_name, looks_like_file, media_type_of, read_document
from heddle_sdk.errors import ConnectionFailed, NotFound, api_error
from heddle_sdk.models import (
    ApiKey,
    Approval,
    Uploaded,
    Validation,
    Workflow,
)
from heddle_sdk.pages import pages
from heddle_sdk.transport import Transport


@dataclass(frozen=True)
class Workflows:
    """Saved definitions and their versions."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Workflow]:
        """All workflows, newest change first, `limit` per request."""
        return pages(self._transport, "/workflows", Workflow.from_json, limit=limit)

    def get(self, workflow_id: str, version: int | None = None) -> Workflow:
        """One workflow with its document."""
        path = f"/workflows/{workflow_id}" + (f"/versions/{version}" if version else "")
        return Workflow.from_json(self._transport.json("GET", path))

    def versions(self, workflow_id: str, *, limit: int = 50) -> Iterator[dict[str, Any]]:
        """Return the versions, newest first."""
        return pages(self._transport, f"/workflows/{workflow_id}/versions", dict, limit=limit)

    def save(self, document: "str | Path | Mapping[str, Any]", *, id: str | None = None, note: str = "") -> Workflow:
        """Save a document: as a new workflow, or with `id` as its next version (or first, if it is new)."""
        body: dict[str, Any] = {"document": read_document(document)} | ({"note": note} if note else {})
        if id is None:
            return Workflow.from_json(self._transport.json("POST", "/workflows", body=body))
        return Workflow.from_json(self._transport.json("PUT", f"/workflows/{id}", body=body))

    def ensure(self, workflow: "str | Path | Mapping[str, Any]") -> str:
        """Return the id of a workflow; a document is saved under an id made of its name, unless it is there already."""
        if isinstance(workflow, str) and not looks_like_file(workflow):
            return workflow
        document = read_document(workflow)
        workflow_id = id_from_name(str(document.get("name", "workflow")))
        try:
            found = self.get(workflow_id)
        except NotFound:
            return self.save(document, id=workflow_id).id
        return found.id if dict(found.document) == document else self.save(document, id=workflow_id).id

    def delete(self, workflow_id: str) -> None:
        """Delete it; its runs stay readable."""
        self._transport.json("DELETE", f"/workflows/{workflow_id}")

    def validate(self, document: "str | Path | Mapping[str, Any]") -> Validation:
        """Check a document without saving it."""
        return Validation.from_json(self._transport.json("POST", "/workflows/validate", body=read_document(document)))


@dataclass(frozen=True)
class Approvals:
    """What waits for a decision."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[Approval]:
        """Everything that waits, oldest first."""
        return pages(self._transport, "/approvals", Approval.from_json, limit=limit)

    def decide(self, approval_id: str, decision: str, comment: str = "") -> dict[str, Any]:
        """Decide `approve` or `reject`; `approval_id` is `{run id}.{node id}`."""
        body = {"decision": decision} | ({"comment": comment} if comment else {})
        value: dict[str, Any] = self._transport.json("POST", f"/approvals/{approval_id}", body=body)
        return value


@dataclass(frozen=True)
class Uploads:
    """Files that runs read by name, so that their bytes never pass through the API."""

    _transport: Transport

    def file(self, path: str | Path, media_type: str | None = None, *, folder: str | None = None) -> Uploaded:
        """Upload a file; in a `folder` a batch finds it as one of many."""
        path = Path(path)
        return self.bytes(path.read_bytes(), path.name, media_type, folder=folder)

    def bytes(
        self, data: bytes, filename: str, media_type: str | None = None, *, folder: str | None = None
    ) -> Uploaded:
        """Upload bytes under a name."""
        media_type = media_type or media_type_of(filename)
        body: dict[str, Any] = {"filename": filename, "media_type": media_type, "bytes": len(data)}
        body |= {"folder": folder} if folder is not None else {}
        place = self._transport.json("POST", "/uploads", body=body)
        try:
            answer = httpx.put(place["url"], content=data, headers=place["headers"], timeout=self._transport.timeout)
        except httpx.TransportError as error:
            raise ConnectionFailed(f"the upload of {filename} broke: {error!r}") from None
        if answer.status_code >= 400:
            raise api_error(answer.status_code, {"code": "upload_failed", "detail": f"{filename} was not accepted"})
        return Uploaded(object=place["object"], media_type=media_type, bytes=len(data), raw=place)


@dataclass(frozen=True)
class ApiKeys:
    """Keys for programs."""

    _transport: Transport

    def list(self, *, limit: int = 50) -> Iterator[ApiKey]:
        """Return the tenant's keys."""
        return pages(self._transport, "/api-keys", ApiKey.from_json, limit=limit)

    def create(
        self, name: str, *, role: str, scopes: tuple[str, ...] = ("*",), expires_in_days: int | None = None
    ) -> ApiKey:
        """Make a key; the answer is the only one that holds it."""
        body: dict[str, Any] = {"name": name, "role": role, "scopes": [*scopes]}
        body |= {"expires_in_days": expires_in_days} if expires_in_days else {}
        return ApiKey.from_json(self._transport.json("POST", "/api-keys", body=body))

    def revoke(self, key_id: str) -> None:
        """Make it useless at once."""
        self._transport.json("DELETE", f"/api-keys/{key_id}")
