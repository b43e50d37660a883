"""What every TokenIssuer promises about logging in: in memory, and Cognito as moto plays it.

moto plays neither GetTokensFromRefreshToken nor RevokeToken: tests/unit/heddle/adapters/aws/test_cognito_identity.py
holds the adapter to those by Cognito's own request and answer shapes, tests/local by a running stage.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3
import jwt
import pytest
from moto import mock_aws

from heddle.adapters.aws.identity import CognitoTokenIssuer
from heddle.adapters.memory.identity import MemoryUserPool
from heddle.application.identity.ports import TokenIssuer
from heddle.errors import Conflict, HeddleError, InvalidInput, Unauthenticated

PASSWORD = "Correct-Horse-1"


@dataclass
class Pool:
    """An issuer, and how to add a user (name, password, temporary) to it."""

    issuer: TokenIssuer
    add: Callable[[str, str, bool], None]


@pytest.fixture(params=["memory", "moto"])
def pool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    if request.param == "memory":
        memory = MemoryUserPool("https://issuer", "client", lambda: datetime.now(UTC))
        yield Pool(memory, lambda name, password, once: memory.add_user(name, password, tenant="t", temporary=once))
        return
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("cognito-idp", region_name="us-east-1")
        pool_id = client.create_user_pool(PoolName="test")["UserPool"]["Id"]
        made = client.create_user_pool_client(
            UserPoolId=pool_id, ClientName="test", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )

        def add(name: str, password: str, once: bool) -> None:
            client.admin_create_user(UserPoolId=pool_id, Username=name, TemporaryPassword=password)
            if not once:
                client.admin_set_user_password(UserPoolId=pool_id, Username=name, Password=password, Permanent=True)

        yield Pool(CognitoTokenIssuer(client, made["UserPoolClient"]["ClientId"]), add)


def test_the_right_password_gives_tokens_for_their_uses(pool: Pool) -> None:
    pool.add("ada", PASSWORD, False)

    tokens = pool.issuer.login("ada", PASSWORD)

    access = jwt.decode(tokens.access_token, options={"verify_signature": False})
    assert (access["token_use"], access["username"]) == ("access", "ada")
    assert jwt.decode(tokens.id_token, options={"verify_signature": False})["token_use"] == "id"
    assert tokens.refresh_token and tokens.expires_in > 0 and tokens.token_type == "Bearer"


@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_wrong_password_and_unknown_user_are_one_error(pool: Pool, username: str) -> None:
    pool.add("ada", PASSWORD, False)

    with pytest.raises(Unauthenticated) as caught:
        pool.issuer.login(username, "Wrong-Horse-1")

    assert (caught.value.code, caught.value.message) == ("invalid_credentials", "user name or password is wrong")


def test_a_temporary_password_is_changed_in_the_same_call(pool: Pool) -> None:
    pool.add("ada", PASSWORD, True)

    with pytest.raises(Conflict) as caught:
        pool.issuer.login("ada", PASSWORD)
    pool.issuer.login("ada", PASSWORD, new_password="Another-Horse-2")

    assert caught.value.code == "password_change_required"
    assert pool.issuer.login("ada", "Another-Horse-2").access_token
    with pytest.raises(Unauthenticated):
        pool.issuer.login("ada", PASSWORD)


def test_a_weak_new_password_is_said_to_be_weak(pool: Pool) -> None:
    pool.add("ada", PASSWORD, True)

    with pytest.raises((InvalidInput, HeddleError)) as caught:
        pool.issuer.login("ada", PASSWORD, new_password="x")

    assert caught.value.code == "weak_password"


def test_signing_out_twice_is_fine(pool: Pool) -> None:
    pool.add("ada", PASSWORD, False)
    tokens = pool.issuer.login("ada", PASSWORD)

    pool.issuer.sign_out(tokens.access_token)
    pool.issuer.sign_out(tokens.access_token)
