"""What API Gateway wants of a REQUEST authorizer: a policy with the caller in its context, or the word Unauthorized."""

from collections.abc import Callable, Mapping
from typing import Any

from heddle.application.identity.principal import Principal
from heddle.errors import Unauthenticated

Log = Callable[..., None]


class Unauthorized(Exception):
    """API Gateway answers 401 to exactly this message; a Deny policy would be answered with 403."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def authorize(
    event: Mapping[str, Any], authenticate: Callable[[Mapping[str, str]], Principal], log: Log
) -> dict[str, Any]:
    """Return the Allow policy of the caller, or raise Unauthorized whatever is wrong with the credential.

    The policy covers every route of the stage, so that API Gateway may keep it for the next request of the same
    credential; roles and scopes are enforced by the API's route table. Nothing of a credential is logged.
    """
    try:
        principal = authenticate(event.get("headers") or {})
    except Unauthenticated as error:
        log("refused", code=error.code, reason=error.message)
        raise Unauthorized from None
    return {
        "principalId": principal.id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": _whole_stage(event["methodArn"])}
            ],
        },
        "context": principal.to_context(),
    }


def _whole_stage(method_arn: str) -> str:
    """arn:aws:execute-api:region:account:api/stage/METHOD/path → the same with every method and path."""
    api, stage, *_ = method_arn.split("/")
    return f"{api}/{stage}/*"
