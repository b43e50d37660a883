"""The answers about uploads."""

from typing import Literal

from heddle.runtime.api.answers.answer import Answer, Answers


class UploadAnswer(Answer):
    """Where to PUT the file, with which headers; `object` names it in a run's input afterwards."""

    object: str
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: str


ANSWERS: Answers = {
    "create_upload": {201: UploadAnswer},
}
