"""Uploads: a document goes straight to the object store, and a run's input names it afterwards."""

from heddle.errors import InvalidInput
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

MAX_UPLOAD_BYTES = 100 * 1024 * 1024


@endpoint("create_upload")
def create_upload(services: Services, request: Request) -> Reply:
    """POST /uploads."""
    from heddle.runtime.api.bodies.uploads import UploadBody

    body = request.model(UploadBody)
    most = body.bytes if body.bytes is not None else MAX_UPLOAD_BYTES
    folder = folder_of("folder", body.folder) if body.folder is not None else ""
    upload = services.ports.blobs.upload_url(request.tenant, body.filename, body.media_type, most, folder=folder)
    answer = {
        "object": upload.object,
        "method": "PUT",
        "url": upload.url,
        "headers": upload.headers,
        "expires_at": upload.expires_at.isoformat(),
    }
    return Reply(201, answer)


def folder_of(field: str, text: str) -> str:
    """Return a folder of uploads as keys have it; InvalidInput for one that leads elsewhere."""
    parts = text.strip("/").split("/")
    if "." in parts or ".." in parts:
        message = "must not have . or .. between its slashes"
        raise InvalidInput(f"{field} {message}", code="invalid_body", errors=[{"field": field, "message": message}])
    return "/".join(parts)
