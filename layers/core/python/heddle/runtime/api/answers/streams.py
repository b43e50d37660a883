"""The answers about live output."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.answers.answer import Answer, Answers


class FrameAnswer(Answer):
    """A piece of live output; `seq` counts from 1 without gaps. `data` has `node_id`, `attempt`, and `item` if any."""

    seq: int
    type: str = Field(description="token, tool, restart, gap, done or error")
    data: dict[str, Any]
    at: str


class StreamPage(Answer):
    """Live output, oldest first; `next_after` goes into `after`. `ended`: nothing will come after these."""

    items: list[FrameAnswer]
    next_after: int
    ended: bool
    hint: str | None


ANSWERS: Answers = {
    "stream_run": {200: StreamPage, 204: None},
}
