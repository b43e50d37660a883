"""The answers about events that tenants put."""

from heddle.runtime.api.answers.answer import Answer, Answers


class PutEventsAnswer(Answer):
    """The id of each event, in order; null for one that the bus refused: put that one again."""

    ids: list[str | None]
    refused: int


ANSWERS: Answers = {"put_events": {202: PutEventsAnswer}}
