"""The bodies about what waits for a person."""

from typing import Literal

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class DecisionBody(Body):
    """A decision about what waits."""

    decision: Literal["approve", "reject"]
    comment: str = Field(default="", max_length=10_000)


BODIES: dict[str, type[Body]] = {
    "decide_approval": DecisionBody,
}
