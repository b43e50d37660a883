"""The bodies about uploads."""

from typing import Annotated

from pydantic import Field, StringConstraints

from heddle.runtime.api.bodies.body import Body

Folder = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?$", max_length=500)]


class UploadBody(Body):
    """A file to be sent."""

    filename: str = Field(min_length=1, max_length=255, examples=["report.pdf"])
    media_type: str = Field(
        default="application/octet-stream", pattern=r"^[\w.+-]{1,64}/[\w.+-]{1,64}$", examples=["application/pdf"]
    )
    bytes: int | None = Field(default=None, ge=1, le=100 * 1024 * 1024, description="Its size; at most 100 MiB.")
    folder: Folder | None = Field(
        default=None,
        description="Where a batch finds it as one of many: there the name is its own, and another file of the same "
        "name takes its place. Left out: it lies alone.",
        examples=["archive/2026"],
    )


BODIES: dict[str, type[Body]] = {
    "create_upload": UploadBody,
}
