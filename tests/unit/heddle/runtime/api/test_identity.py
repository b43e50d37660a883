"""Logging in, tokens, and API keys, through the authorizer and the handler."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from heddle.testing.api import ApiStage, Caller
from heddle.testing.api_ports import CLIENT_ID, ISSUER


def with_token(stage: ApiStage, token: str) -> Caller:
    return stage.anyone(Authorization=f"Bearer {token}")


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_user_logs_in_and_is_known(stage: ApiStage) -> None:
    stage.ports.tokens.add_user("ada", "correct horse", tenant="acme", roles=("editor", "viewer"))

    answer = stage.anyone().post("/login", {"username": "ada", "password": "correct horse"})

    assert answer.status == 200
    assert with_token(stage, answer.json["access_token"]).get("/me").json == {
        "tenant": "acme",
        "principal": "user:sub-ada",
        "name": "ada",
        "roles": ["viewer", "editor"],
        "scopes": ["*"],
        "expires_at": pytest.approx(stage.now().timestamp() + 3600, abs=5),
    }


@pytest.mark.parametrize("username", ["ada", "nobody"])
def test_a_wrong_password_and_an_unknown_name_look_the_same(stage: ApiStage, username: str) -> None:
    stage.ports.tokens.add_user("ada", "correct horse", tenant="acme")

    answer = stage.anyone().post("/login", {"username": username, "password": "wrong"}, X_Correlation_ID="c1")

    assert (answer.status, answer.json) == (
        401,
        {
            "type": "urn:heddle:error:invalid_credentials",
            "title": "User name or password is wrong",
            "status": 401,
            "detail": "user name or password is wrong",
            "code": "invalid_credentials",
            "correlation_id": "c1",
        },
    )


def test_a_temporary_password_must_be_changed_and_the_answer_says_how(stage: ApiStage) -> None:
    stage.ports.tokens.add_user("ada", "temporary", tenant="acme", temporary=True)
    anyone = stage.anyone()

    first = anyone.post("/login", {"username": "ada", "password": "temporary"})
    weak = anyone.post("/login", {"username": "ada", "password": "temporary", "new_password": "short"})
    changed = anyone.post("/login", {"username": "ada", "password": "temporary", "new_password": "a longer secret"})

    assert (first.status, first.json["code"]) == (409, "password_change_required")
    assert (weak.status, weak.json["code"]) == (400, "weak_password")
    assert changed.status == 200
    assert anyone.post("/login", {"username": "ada", "password": "a longer secret"}).status == 200


def test_a_refresh_token_gives_a_new_one_and_works_once(stage: ApiStage) -> None:
    stage.ports.tokens.add_user("ada", "correct horse", tenant="acme")
    anyone = stage.anyone()
    first = anyone.post("/login", {"username": "ada", "password": "correct horse"}).json

    second = anyone.post("/refresh", {"refresh_token": first["refresh_token"]})
    again = anyone.post("/refresh", {"refresh_token": first["refresh_token"]})

    assert second.status == 200
    assert second.json["refresh_token"] != first["refresh_token"]
    assert with_token(stage, second.json["access_token"]).get("/me").status == 200
    assert (again.status, again.json["code"]) == (401, "invalid_refresh_token")


@pytest.mark.parametrize("everywhere", [False, True])
def test_logout_ends_the_session(stage: ApiStage, everywhere: bool) -> None:
    stage.ports.tokens.add_user("ada", "correct horse", tenant="acme")
    tokens = stage.anyone().post("/login", {"username": "ada", "password": "correct horse"}).json
    body = {"everywhere": True} if everywhere else {"refresh_token": tokens["refresh_token"]}

    answer = with_token(stage, tokens["access_token"]).post("/logout", body)

    assert (answer.status, answer.body) == (204, "")
    assert stage.anyone().post("/refresh", {"refresh_token": tokens["refresh_token"]}).status == 401


def test_logout_says_what_it_needs(viewer: Caller) -> None:
    answer = viewer.post("/logout")

    assert (answer.status, answer.json["errors"][0]["field"]) == (400, "refresh_token")


def test_tokens_that_do_not_hold_are_refused(stage: ApiStage) -> None:
    pool = stage.ports.tokens
    pool.add_user("ada", "pw", tenant="acme", roles=("admin",))
    pool.add_user("lost", "pw", tenant=None)
    good = pool.claims("ada")
    head, body, signature = pool.sign(good).split(".")
    public = pool.private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    confused = f"{part({'alg': 'HS256', 'kid': pool.kid, 'typ': 'JWT'})}.{part(good)}"
    mac = base64.urlsafe_b64encode(hmac.digest(public, confused.encode(), hashlib.sha256)).decode().rstrip("=")
    stranger_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    own_key, pool.private_key = pool.private_key, stranger_key
    forged = pool.sign(good)
    pool.private_key = own_key
    long_ago = int(stage.now().timestamp()) - 7200
    tokens = {
        "tampered": f"{head}.{part({**good, 'tenant': 'rival'})}.{signature}",
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "no signature": f"{head}.{body}.",
        "alg none": f"{part({'alg': 'none', 'kid': pool.kid, 'typ': 'JWT'})}.{part(good)}.",
        "HS256 with the public key": f"{confused}.{mac}",
        "another key": forged,
        "unknown key id": pool.sign(good, headers={"kid": "other"}),
        "no key id": pool.sign(good, headers={"typ": "JWT"}),
        "expired": pool.sign({**good, "iat": long_ago, "exp": long_ago + 3600}),
        "from the future": pool.sign({**good, "iat": good["iat"] + 600}),
        "no expiry": pool.sign({name: value for name, value in good.items() if name != "exp"}),
        "wrong issuer": pool.sign({**good, "iss": ISSUER + "2"}),
        "wrong client": pool.sign({**good, "client_id": CLIENT_ID + "2"}),
        "wrong audience": pool.sign({**good, "aud": "someone else"}),
        "an ID token": pool.sign(pool.claims("ada", "id")),
        "no tenant": pool.sign(pool.claims("lost")),
        "a tenant that is no name": pool.sign({**good, "tenant": "acme#run"}),
        "no role": pool.sign({**good, "roles": []}),
        "unknown role": pool.sign({**good, "roles": ["root"]}),
        "roles that are no list": pool.sign({**good, "roles": {"admin": True}}),
        "no subject": pool.sign({**good, "sub": ""}),
        "no token": "x",
        "two dots": "..",
        "very long": "a" * 100_000,
    }

    statuses = {name: with_token(stage, token).get("/me").status for name, token in tokens.items()}

    assert statuses == dict.fromkeys(tokens, 401)
    assert with_token(stage, pool.sign(good)).get("/me").status == 200


def test_what_was_refused_is_logged_without_the_token(stage: ApiStage) -> None:
    pool = stage.ports.tokens
    pool.add_user("ada", "pw", tenant="acme")
    token = pool.sign({**pool.claims("ada"), "iss": "elsewhere"})

    with_token(stage, token).get("/me")

    logged = json.dumps(stage.refused)
    assert "invalid_token" in logged
    assert not any(piece in logged for piece in token.split("."))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWRhOnB3"},
        {"Authorization": "Bearer a b"},
        {"X-Api-Key": "hdl_short_x"},
        {"X-Api-Key": "nothing like a key"},
    ],
)
def test_a_malformed_credential_is_401_and_not_403(stage: ApiStage, headers: dict[str, str]) -> None:
    answer = Caller(stage, headers).get("/me")

    assert answer.status == 401


def test_a_token_and_a_key_at_once_are_refused(stage: ApiStage, editor: Caller, admin: Caller) -> None:
    key = admin.post("/api-keys", {"name": "k", "scopes": ["*"]}).json["key"]

    assert editor.call("GET", "/me", X_Api_Key=key).status == 401


def make_key(admin: Caller, **fields: Any) -> dict[str, Any]:
    answer = admin.post("/api-keys", {"name": "import", "role": "editor", "scopes": ["*"], **fields})
    assert answer.status == 201, answer.body
    key: dict[str, Any] = answer.json
    return key


def with_key(stage: ApiStage, key: dict[str, Any]) -> Caller:
    return stage.anyone(X_Api_Key=key["key"])


def test_an_api_key_acts_for_its_tenant_and_is_shown_once(stage: ApiStage, admin: Caller) -> None:
    key = make_key(admin)

    me = with_key(stage, key).get("/me").json
    listed = admin.get("/api-keys")

    assert (me["tenant"], me["principal"], me["roles"]) == ("acme", f"key:{key['id']}", ["editor"])
    assert [item["id"] for item in listed.json["items"]] == [key["id"]]
    assert key["key"].rsplit("_", 1)[1] not in listed.body
    stored = stage.ports.api_keys.get(key["id"])
    assert stored is not None and key["key"] not in repr(stored)
    assert stage.anyone(Authorization=f"Bearer {key['key']}").get("/me").status == 200


def test_a_revoked_key_stops_at_once(stage: ApiStage, admin: Caller) -> None:
    key = make_key(admin)

    assert admin.delete(f"/api-keys/{key['id']}").status == 204

    assert with_key(stage, key).get("/me").status == 401
    assert admin.get("/api-keys").json["items"][0]["revoked_at"] is not None


def test_a_key_expires(stage: ApiStage, admin: Caller) -> None:
    key = make_key(admin, expires_in_days=1)
    assert with_key(stage, key).get("/me").status == 200

    stage.pass_time(timedelta(days=1, seconds=1))

    assert with_key(stage, key).get("/me").status == 401


def test_a_wrong_secret_and_an_unknown_id_are_refused(stage: ApiStage, admin: Caller) -> None:
    _, key_id, secret = make_key(admin)["key"].split("_", 2)

    for text in (f"hdl_{key_id}_{'0' * len(secret)}", f"hdl_{key_id[::-1]}_{secret}", f"hdl_{key_id}_{secret}x"):
        assert stage.anyone(X_Api_Key=text).get("/me").status == 401


def test_a_key_needs_the_scope_of_the_route(stage: ApiStage, admin: Caller) -> None:
    reader = with_key(stage, make_key(admin, scopes=["workflows:read"]))
    writer = with_key(stage, make_key(admin, scopes=["workflows:write"]))

    refused = reader.get("/runs")

    assert (refused.status, refused.json["code"]) == (403, "scope_missing")
    assert "runs:read" in refused.json["detail"]
    assert reader.get("/workflows").status == 200
    assert reader.post("/workflows", {}).json["code"] == "scope_missing"
    assert writer.get("/workflows").status == 200


def test_a_key_is_held_to_its_role_too(stage: ApiStage, admin: Caller) -> None:
    key = with_key(stage, make_key(admin, role="viewer", scopes=["*"]))

    assert key.post("/workflows", {}).json["code"] == "forbidden"


def test_a_key_makes_no_key_that_can_do_more(stage: ApiStage, admin: Caller) -> None:
    key = with_key(stage, make_key(admin, role="admin", scopes=["api-keys:write", "runs:read"]))

    more = key.post("/api-keys", {"name": "more", "scopes": ["*"]})
    other = key.post("/api-keys", {"name": "more", "scopes": ["workflows:write"]})
    less = key.post("/api-keys", {"name": "less", "scopes": ["runs:read"]})

    assert (more.status, other.status, less.status) == (403, 403, 201)


def test_an_unknown_scope_is_named_with_those_there_are(admin: Caller) -> None:
    answer = admin.post("/api-keys", {"name": "k", "scopes": ["runs:destroy"]})

    assert answer.status == 400
    assert "runs:write" in answer.json["errors"][0]["message"]


def test_keys_of_another_tenant_cannot_be_revoked(admin: Caller, stranger: Caller, stage: ApiStage) -> None:
    key = make_key(admin)

    answer = stranger.delete(f"/api-keys/{key['id']}")

    assert (answer.status, answer.json["code"]) == (404, "api_key_not_found")
    assert with_key(stage, key).get("/me").status == 200


def test_api_keys_come_in_pages(admin: Caller) -> None:
    made = [make_key(admin, name=f"key {number}")["id"] for number in range(5)]

    first = admin.get("/api-keys?limit=3").json
    second = admin.get(f"/api-keys?limit=3&cursor={first['cursor']}").json

    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["cursor"] is None
