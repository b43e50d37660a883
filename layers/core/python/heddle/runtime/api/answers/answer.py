"""What all answers of the API have in common."""

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Base of all answers; a field that is not documented fails the tests."""

    model_config = ConfigDict(extra="forbid", strict=True)


Answers = dict[str, dict[int, type[Answer] | None]]
"""Route name to status to the answer's model; None: no body, or one that is not a model's."""
