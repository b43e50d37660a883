"""The bodies about uploads."""

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class UploadBody(Body):
    """A file to be sent."""

    filename: str = Field(min_length=1, max_length=255, examples=["report.pdf"])
    media_type: str = Field(
        default="application/octet-stream", pattern=r"^[\w.+-]{1,64}/[\w.+-]{1,64}$", examples=["application/pdf"]
    )
    bytes: int | None = Field(default=None, ge=1, le=100 * 1024 * 1024, description="Its size; at most 100 MiB.")


BODIES: dict[str, type[Body]] = {
    "create_upload": UploadBody,
}
