"""What every TokenIssuer promises about logging in and staying so.

moto plays neither GetTokensFromRefreshToken nor RevokeToken, so `rotating_pool` is memory or a running stage; beside
that, tests/unit/heddle/adapters/aws/test_cognito_identity.py holds the adapter to Cognito's shapes of both.
"""

import jwt
import pytest

from heddle.errors import Conflict, HeddleError, InvalidInput, Unauthenticated
from tests.contract.benches import Pool

PASSWORD = "Correct-Horse-1"


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


def test_a_refresh_token_is_exchanged_for_a_new_one_and_then_no_longer_holds(rotating_pool: Pool) -> None:
    rotating_pool.add("ada", PASSWORD, False)
    first = rotating_pool.issuer.login("ada", PASSWORD)

    second = rotating_pool.issuer.refresh(first.refresh_token)

    assert second.refresh_token != first.refresh_token
    with pytest.raises(Unauthenticated):
        rotating_pool.issuer.refresh(first.refresh_token)
    assert rotating_pool.issuer.refresh(second.refresh_token).access_token


def test_a_revoked_refresh_token_no_longer_holds(rotating_pool: Pool) -> None:
    rotating_pool.add("ada", PASSWORD, False)
    tokens = rotating_pool.issuer.login("ada", PASSWORD)

    rotating_pool.issuer.revoke(tokens.refresh_token)
    rotating_pool.issuer.revoke(tokens.refresh_token)

    with pytest.raises(Unauthenticated):
        rotating_pool.issuer.refresh(tokens.refresh_token)
