"""The authorizer function, with the event that API Gateway sends."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from functions.auth.authorizer import handler
from heddle.adapters.jwks import REFRESH_SECONDS, JwksSigningKeys
from heddle.adapters.memory.identity import MemoryUserPool
from heddle.application.identity.authenticate import Authenticate
from heddle.application.identity.check_token import CheckToken
from heddle.errors import Unauthenticated, UpstreamUnavailable
from heddle.runtime.authorizer import Unauthorized

ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4/api"


def no_keys(_text: str) -> Any:
    raise Unauthenticated("there are no keys here")


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryUserPool]:
    pool = MemoryUserPool("https://issuer", "client", lambda: datetime.now(UTC))
    pool.add_user("ada", "pw", tenant="acme", roles=("editor",))
    authenticate = Authenticate(CheckToken(pool, pool.issuer, pool.client_id), no_keys)
    monkeypatch.setattr(handler, "authenticate", lambda: authenticate)
    yield pool


def event(**headers: str) -> dict[str, Any]:
    return {"type": "REQUEST", "methodArn": f"{ARN}/GET/workflows/x", "headers": headers}


def test_a_token_that_holds_gives_a_policy_for_every_route_with_the_caller_in_it(pool: MemoryUserPool) -> None:
    token = pool.login("ada", "pw").access_token

    policy = handler.lambda_handler(event(authorization=f"Bearer {token}"), None)

    assert policy["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": f"{ARN}/*"}
    ]
    assert policy["principalId"] == "user:sub-ada"
    assert policy["context"]["tenant"] == "acme" and policy["context"]["roles"] == "editor"
    assert all(isinstance(value, str) for value in policy["context"].values())


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x.y.z"}, {"X-Api-Key": "hdl_a_b"}])
def test_what_does_not_hold_is_answered_with_the_one_word_that_makes_a_401(
    pool: MemoryUserPool, headers: dict[str, str]
) -> None:
    with pytest.raises(Unauthorized, match=r"^Unauthorized$"):
        handler.lambda_handler(event(**headers), None)


def key_set(*pools: tuple[str, MemoryUserPool]) -> bytes:
    keys = [
        {**jwt.algorithms.RSAAlgorithm.to_jwk(pool.private_key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
        for kid, pool in pools
    ]
    return json.dumps({"keys": [*keys, {"kty": "oct", "kid": "symmetric", "k": "c2VjcmV0"}]}).encode()


def test_keys_are_fetched_once_and_again_for_an_unknown_one_but_not_too_often(pool: MemoryUserPool) -> None:
    fetched: list[str] = []
    clock = [0.0]
    published = [key_set(("one", pool))]

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return published[0]

    keys = JwksSigningKeys("https://keys", fetch, lambda: clock[0])

    assert keys.key("one") is not None and keys.key("one") is not None
    assert keys.key("two") is None and keys.key("three") is None
    assert len(fetched) == 1
    published[0] = key_set(("one", pool), ("two", pool))
    clock[0] += REFRESH_SECONDS
    assert keys.key("two") is not None
    assert len(fetched) == 2
    assert keys.key("symmetric") is None


def test_known_keys_outlive_a_failure_to_fetch_and_none_at_all_is_an_outage(pool: MemoryUserPool) -> None:
    clock, answers = [0.0], [key_set(("one", pool))]

    def fetch(_url: str) -> bytes:
        if not answers:
            raise OSError("no route to host")
        return answers.pop()

    keys = JwksSigningKeys("https://keys", fetch, lambda: clock[0])
    assert keys.key("one") is not None
    clock[0] += REFRESH_SECONDS
    assert keys.key("two") is None
    assert keys.key("one") is not None

    with pytest.raises(UpstreamUnavailable):
        JwksSigningKeys("https://keys", fetch, lambda: 0.0).key("one")
