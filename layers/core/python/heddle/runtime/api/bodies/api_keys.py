"""The bodies about API keys."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body
from heddle.runtime.api.routes.table import SCOPES


class ApiKeyBody(Body):
    """A key for a service of your tenant."""

    name: str = Field(min_length=1, max_length=128, examples=["nightly import"])
    role: Literal["viewer", "editor", "admin"] = Field(default="viewer", description="What the key may do at most.")
    scopes: list[str] = Field(
        min_length=1,
        max_length=20,
        description=f"Which routes it may call: `*` or some of {', '.join(SCOPES)}. `x:write` includes `x:read`.",
        examples=[["runs:write", "workflows:read"]],
    )
    expires_in_days: int | None = Field(default=None, ge=1, le=3650, description="Left out: it does not expire.")


BODIES: dict[str, type[Body]] = {
    "create_api_key": ApiKeyBody,
}
