"""A tenant to begin with: `demo`, its administrator, and an API key."""

import contextlib
import secrets
import string
from collections.abc import Mapping
from typing import Any

import httpx

from heddle_cli.stage.stage_file import StageFile, addresses

TENANT = "demo"
USER = "demo@heddle.local"
GROUPS = ("viewer", "editor", "admin")


class SeedFailed(Exception):
    """The demo tenant could not be made; the message says why."""


def new_password() -> str:
    """Return a password that satisfies the strictest policy of a user pool."""
    letters = string.ascii_letters + string.digits
    return "Heddle-" + "".join(secrets.choice(letters) for _ in range(14)) + "-1a"


def create_user(cognito: Any, pool: str, *, user: str, password: str, tenant: str, role: str) -> None:
    """Make the user with a password that holds, the tenant attribute and the role; doing it again repairs it."""
    attributes = [
        {"Name": "email", "Value": user},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "custom:tenant", "Value": tenant},
    ]
    try:
        cognito.admin_create_user(UserPoolId=pool, Username=user, UserAttributes=attributes, MessageAction="SUPPRESS")
    except cognito.exceptions.UsernameExistsException:
        cognito.admin_update_user_attributes(UserPoolId=pool, Username=user, UserAttributes=attributes)
    cognito.admin_set_user_password(UserPoolId=pool, Username=user, Password=password, Permanent=True)
    with contextlib.suppress(cognito.exceptions.GroupExistsException):
        cognito.create_group(UserPoolId=pool, GroupName=role)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=user, GroupName=role)


def still_holds(stage: StageFile | None, edge_port: int) -> bool:
    """Whether the credentials in the stage file are good for the API as it is now."""
    if stage is None or stage.api_url != addresses(edge_port)["api_url"]:
        return False
    try:
        answer = httpx.get(f"{stage.api_url}/me", headers={"X-Api-Key": stage.api_key}, timeout=30)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and answer.json().get("tenant") == stage.tenant


def seed(cognito: Any, outputs: Mapping[str, str], edge_port: int, previous: StageFile | None) -> StageFile:
    """Make tenant, user and key through the user pool and the public API; keeps an earlier password."""
    where = addresses(edge_port)
    password = previous.password if previous else new_password()
    create_user(cognito, outputs["UserPoolId"], user=USER, password=password, tenant=TENANT, role="admin")
    with httpx.Client(base_url=where["api_url"], timeout=60) as api:
        tokens = _ask(api, "/login", {"username": USER, "password": password})
        key = _ask(
            api,
            "/api-keys",
            {"name": "local stage", "role": "admin", "scopes": ["*"]},
            authorization=f"Bearer {tokens['access_token']}",
        )
    return StageFile(**where, tenant=TENANT, user=USER, password=password, api_key=key["key"])


def _ask(api: httpx.Client, path: str, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    try:
        answer = api.post(path, json=body, headers=headers)
    except httpx.HTTPError as error:
        raise SeedFailed(f"POST {path} got no answer: {error}") from None
    if answer.status_code >= 300:
        raise SeedFailed(f"POST {path} answered {answer.status_code}: {answer.text[:500]}")
    value: dict[str, Any] = answer.json()
    return value
