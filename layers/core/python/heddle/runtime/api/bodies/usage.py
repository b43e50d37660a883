"""The bodies about usage and cost."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class ForecastBody(Body):
    """What the run would be started with. Without `input` all that it would hold counts as unknown."""

    input: dict[str, Any] | None = Field(default=None, description="Checked against the workflow's input schema.")
    version: int | None = Field(default=None, ge=1, description="Left out: the newest.")


BODIES: dict[str, type[Body]] = {
    "forecast_workflow": ForecastBody,
}
