"""Uploads: a document goes straight to the object store, and a run's input names it afterwards."""

from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services

MAX_UPLOAD_BYTES = 100 * 1024 * 1024


@endpoint("create_upload")
def create_upload(services: Services, request: Request) -> Reply:
    """POST /uploads."""
    from heddle.runtime.api.bodies.uploads import UploadBody

    body = request.model(UploadBody)
    upload = services.ports.blobs.upload_url(
        request.tenant, body.filename, body.media_type, body.bytes if body.bytes is not None else MAX_UPLOAD_BYTES
    )
    answer = {
        "object": upload.object,
        "method": "PUT",
        "url": upload.url,
        "headers": upload.headers,
        "expires_at": upload.expires_at.isoformat(),
    }
    return Reply(201, answer)
