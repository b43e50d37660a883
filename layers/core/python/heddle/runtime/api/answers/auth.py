"""The answers about logging in and out."""

from heddle.runtime.api.answers.answer import Answer, Answers


class TokensAnswer(Answer):
    """Tokens; `refresh_token` replaces the one before."""

    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int
    token_type: str


class MeAnswer(Answer):
    """The caller."""

    tenant: str
    principal: str
    name: str
    roles: list[str]
    scopes: list[str]
    expires_at: int | None


ANSWERS: Answers = {
    "login": {200: TokensAnswer},
    "refresh": {200: TokensAnswer},
    "logout": {204: None},
    "me": {200: MeAnswer},
}
