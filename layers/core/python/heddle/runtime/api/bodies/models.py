"""The bodies about models."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from heddle.runtime.api.bodies.body import Body

ModelName = Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class ChatMessage(Body):
    """One message of a chat."""

    role: str = Field(min_length=1, max_length=64, examples=["user"])
    content: str


class CountBody(Body):
    """What is counted: one text, several, or a chat."""

    model: ModelName | None = Field(default=None, description="Alias or provider/model; left out: `default`.")
    text: str | None = None
    texts: list[str] | None = Field(default=None, min_length=1, max_length=1000)
    messages: list[ChatMessage] | None = Field(default=None, min_length=1, max_length=1000)
    compare_with: ModelName | None = Field(default=None, description="Say by how many percent this model differs.")

    @model_validator(mode="after")
    def _one_of_them(self) -> "CountBody":
        if sum(value is not None for value in (self.text, self.texts, self.messages)) != 1:
            raise ValueError("send exactly one of text, texts and messages")
        return self


BODIES: dict[str, type[Body]] = {
    "count_tokens": CountBody,
}
