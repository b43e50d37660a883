"""The TokenIssuer on a Cognito user pool, through its public client (no secret, no admin rights).

Refresh goes through GetTokensFromRefreshToken, the only way Cognito offers to a client whose refresh tokens rotate:
it answers a new refresh token and ends the old one.
"""

from typing import TYPE_CHECKING, Any

from heddle.application.identity.ports import Tokens
from heddle.errors import Conflict, HeddleError, InvalidInput, Unauthenticated, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

# What means "wrong name or password", whichever of them: a caller must not learn which names exist or are disabled.
_WRONG = {
    "NotAuthorizedException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "InvalidParameterException",
}
# What means "this session has ended". UserNotFound: the user was deleted since.
_ENDED = {
    "NotAuthorizedException",
    "RefreshTokenReuseException",
    "UserNotFoundException",
    "UserNotConfirmedException",
    "PasswordResetRequiredException",
    "InvalidParameterException",
}
_TOO_MANY = {"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException"}


class CognitoTokenIssuer:
    """TokenIssuer on Cognito; `client` is a boto3 cognito-idp client."""

    def __init__(self, client: "CognitoIdentityProviderClient", client_id: str) -> None:
        self._client = client
        self._client_id = client_id

    def login(self, username: str, password: str, *, new_password: str | None = None) -> Tokens:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Any = self._client.initiate_auth(
                ClientId=self._client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": username, "PASSWORD": password},
            )
            challenge = answer.get("ChallengeName")
            if challenge == "NEW_PASSWORD_REQUIRED":
                if new_password is None:
                    raise Conflict(
                        "the temporary password must be changed: send POST /login again with the same user name and "
                        "password, and `new_password` as well",
                        code="password_change_required",
                    )
                answer = self._client.respond_to_auth_challenge(
                    ClientId=self._client_id,
                    ChallengeName="NEW_PASSWORD_REQUIRED",
                    Session=answer["Session"],
                    ChallengeResponses={"USERNAME": username, "NEW_PASSWORD": new_password},
                )
        except ClientError as error:
            raise _login_error(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable("the user pool did not answer") from error
        if "AuthenticationResult" not in answer:
            raise Conflict(
                f"this user must answer {answer.get('ChallengeName')}, which POST /login cannot do; "
                "use the user pool's own sign-in page",
                code="conflict",
            )
        return _tokens(answer["AuthenticationResult"], "")

    def refresh(self, refresh_token: str) -> Tokens:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Any = self._client.get_tokens_from_refresh_token(
                ClientId=self._client_id, RefreshToken=refresh_token
            )
        except ClientError as error:
            if _code(error) in _ENDED:
                raise Unauthenticated("the refresh token does not hold", code="invalid_refresh_token") from error
            raise _upstream(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable("the user pool did not answer") from error
        return _tokens(answer["AuthenticationResult"], refresh_token)

    def revoke(self, refresh_token: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.revoke_token(ClientId=self._client_id, Token=refresh_token)
        except ClientError as error:
            if _code(error) not in _ENDED | {"UnsupportedTokenTypeException", "UnauthorizedException"}:
                raise _upstream(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable("the user pool did not answer") from error

    def sign_out(self, access_token: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.global_sign_out(AccessToken=access_token)
        except ClientError as error:
            if _code(error) not in _ENDED:
                raise _upstream(error) from error
        except BotoCoreError as error:
            raise UpstreamUnavailable("the user pool did not answer") from error


def _tokens(result: Any, refresh_token: str) -> Tokens:
    return Tokens(
        access_token=result["AccessToken"],
        id_token=result.get("IdToken", ""),
        # Without rotation Cognito answers no new one, and the old one goes on.
        refresh_token=result.get("RefreshToken", refresh_token),
        expires_in=int(result.get("ExpiresIn", 3600)),
        token_type=result.get("TokenType", "Bearer"),
    )


def _login_error(error: Any) -> HeddleError:
    code, message = _code(error), str(error.response["Error"].get("Message", ""))
    # Cognito blocks a name for a while after wrong passwords, under the same code as a wrong password.
    if code == "NotAuthorizedException" and "attempts exceeded" in message.lower():
        return HeddleError("too many attempts; wait a little", code="too_many_attempts", retryable=True)
    if code == "InvalidPasswordException":
        return InvalidInput(f"the new password is too weak: {message}", code="weak_password")
    if code in _WRONG:
        return Unauthenticated("user name or password is wrong", code="invalid_credentials")
    return _upstream(error)


def _upstream(error: Any) -> HeddleError:
    code = _code(error)
    if code in _TOO_MANY:
        return HeddleError("too many attempts; wait a little", code="too_many_attempts", retryable=True)
    return UpstreamUnavailable(f"the user pool did not answer: {code}")


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"])
