"""What all answers of the API have in common."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of all answers; a field that is not documented fails the tests."""

    model_config = ConfigDict(extra="forbid", strict=True)
