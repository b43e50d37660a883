"""The bodies about workflows."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class WorkflowBody(Body):
    """A definition with what is said about this saving of it. The definition alone is accepted as well."""

    document: dict[str, Any] = Field(description="The workflow definition.")
    id: str | None = Field(default=None, description="POST only: the id, else one is made of the name.")
    expected_version: int | None = Field(
        default=None, ge=0, description="Save only behind this version (like If-Match); 0 is: only if new."
    )
    note: str = Field(default="", max_length=1000, description="What changed.")


BODIES: dict[str, type[Body]] = {
    "create_workflow": WorkflowBody,
    "save_workflow": WorkflowBody,
    "validate_workflow": WorkflowBody,
}
