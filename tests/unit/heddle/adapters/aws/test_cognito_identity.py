"""The Cognito adapter's refresh, revocation and errors, against Cognito's own request and answer shapes."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from heddle.adapters.aws.identity import CognitoTokenIssuer
from heddle.errors import HeddleError, Unauthenticated, UpstreamUnavailable

LOGIN = {
    "ClientId": "client",
    "AuthFlow": "USER_PASSWORD_AUTH",
    "AuthParameters": {"USERNAME": "ada", "PASSWORD": "pw"},
}


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "cognito-idp", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def test_refresh_rotates_the_refresh_token(client: Any) -> None:
    result = {"AccessToken": "a", "IdToken": "i", "RefreshToken": "new", "ExpiresIn": 600, "TokenType": "Bearer"}
    with Stubber(client) as stub:
        stub.add_response(
            "get_tokens_from_refresh_token",
            {"AuthenticationResult": result},
            {"ClientId": "client", "RefreshToken": "old"},
        )

        tokens = CognitoTokenIssuer(client, "client").refresh("old")

    assert (tokens.refresh_token, tokens.access_token, tokens.expires_in) == ("new", "a", 600)


def test_without_rotation_the_old_refresh_token_goes_on(client: Any) -> None:
    result = {"AccessToken": "a", "IdToken": "i", "ExpiresIn": 600, "TokenType": "Bearer"}
    with Stubber(client) as stub:
        stub.add_response("get_tokens_from_refresh_token", {"AuthenticationResult": result})

        assert CognitoTokenIssuer(client, "client").refresh("old").refresh_token == "old"


@pytest.mark.parametrize("code", ["NotAuthorizedException", "RefreshTokenReuseException", "UserNotFoundException"])
def test_a_refresh_token_that_ended_is_unauthenticated(client: Any, code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_tokens_from_refresh_token", code)

        with pytest.raises(Unauthenticated) as caught:
            CognitoTokenIssuer(client, "client").refresh("old")

    assert caught.value.code == "invalid_refresh_token"


def test_revoking_names_the_token_and_what_has_ended_is_fine(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("revoke_token", {}, {"ClientId": "client", "Token": "old"})
        stub.add_client_error("revoke_token", "UnsupportedTokenTypeException")

        issuer = CognitoTokenIssuer(client, "client")
        issuer.revoke("old")
        issuer.revoke("old")

        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message", "ours"),
    [
        ("NotAuthorizedException", "Incorrect username or password.", "invalid_credentials"),
        ("NotAuthorizedException", "User is disabled.", "invalid_credentials"),
        ("UserNotFoundException", "User does not exist.", "invalid_credentials"),
        ("UserNotConfirmedException", "User is not confirmed.", "invalid_credentials"),
        ("PasswordResetRequiredException", "Password reset required for the user", "invalid_credentials"),
        ("NotAuthorizedException", "Password attempts exceeded", "too_many_attempts"),
        ("TooManyRequestsException", "Rate exceeded", "too_many_attempts"),
        ("InternalErrorException", "", "upstream_unavailable"),
        ("ResourceNotFoundException", "no such client", "upstream_unavailable"),
    ],
)
def test_cognitos_errors_come_out_as_ours(client: Any, code: str, message: str, ours: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("initiate_auth", code, message, expected_params=LOGIN)

        with pytest.raises(HeddleError) as caught:
            CognitoTokenIssuer(client, "client").login("ada", "pw")

    assert caught.value.code == ours
    assert ours != "invalid_credentials" or caught.value.message == "user name or password is wrong"


def test_another_challenge_is_said_to_need_another_place(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("initiate_auth", {"ChallengeName": "SOFTWARE_TOKEN_MFA", "Session": "s" * 20}, LOGIN)

        with pytest.raises(HeddleError, match="SOFTWARE_TOKEN_MFA"):
            CognitoTokenIssuer(client, "client").login("ada", "pw")


@pytest.mark.parametrize("call", ["refresh", "revoke", "sign_out"])
def test_an_outage_is_an_outage(client: Any, call: str) -> None:
    names = {"refresh": "get_tokens_from_refresh_token", "revoke": "revoke_token", "sign_out": "global_sign_out"}
    with Stubber(client) as stub:
        stub.add_client_error(names[call], "InternalErrorException")

        with pytest.raises(UpstreamUnavailable):
            getattr(CognitoTokenIssuer(client, "client"), call)("token")
