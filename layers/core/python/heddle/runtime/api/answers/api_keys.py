"""The answers about API keys."""

from heddle.runtime.api.answers.answer import Answer, Answers


class ApiKeyAnswer(Answer):
    """An API key without its secret."""

    id: str
    name: str
    role: str
    scopes: list[str]
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new API key: `key` is shown here and never again."""

    key: str


class ApiKeyPage(Answer):
    """API keys, newest first."""

    items: list[ApiKeyAnswer]
    cursor: str | None


ANSWERS: Answers = {
    "list_api_keys": {200: ApiKeyPage},
    "create_api_key": {201: NewApiKeyAnswer},
    "revoke_api_key": {204: None},
}
