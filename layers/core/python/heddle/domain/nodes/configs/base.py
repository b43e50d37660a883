"""What every config model has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class NodeConfig(BaseModel):
    """The config of a node, as it is when every expression in it has been rendered. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def shape(description: str, *, required: tuple[str, ...] | None = None, **properties: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of an output object; all of its properties are present unless `required` says less."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties if required is None else required),
    }


def field(type_: str | list[str], description: str, **more: Any) -> dict[str, Any]:
    """Return the JSON Schema of one property."""
    return {"type": type_, "description": description, **more}
