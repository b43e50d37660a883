"""What all bodies of the API have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Label = Annotated[str, StringConstraints(max_length=255)]
Money = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,9})?$")]


class Body(BaseModel):
    """Base of all bodies."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
