"""The pre-token function, with the event of version 2 that Cognito sends."""

from typing import Any

import pytest

from functions.auth.pre_token.handler import lambda_handler


def event(attributes: dict[str, Any], groups: list[str] | None) -> dict[str, Any]:
    return {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "userName": "ada",
        "request": {
            "userAttributes": attributes,
            "groupConfiguration": {"groupsToOverride": groups},
            "scopes": ["aws.cognito.signin.user.admin"],
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


def change(answer: dict[str, Any], token: str) -> Any:
    return answer["response"]["claimsAndScopeOverrideDetails"][token]


@pytest.mark.parametrize("token", ["accessTokenGeneration", "idTokenGeneration"])
def test_tenant_and_roles_are_put_into_both_tokens(token: str) -> None:
    answer = lambda_handler(event({"custom:tenant": "acme"}, ["admin", "staff", "viewer"]), None)

    assert change(answer, token) == {"claimsToAddOrOverride": {"tenant": "acme", "roles": ["viewer", "admin"]}}


@pytest.mark.parametrize("attributes", [{}, {"custom:tenant": ""}, {"custom:tenant": "Acme Inc"}, {"tenant": "acme"}])
def test_a_user_without_a_tenant_gets_neither_claim(attributes: dict[str, Any]) -> None:
    answer = lambda_handler(event(attributes, ["admin"]), None)

    assert change(answer, "accessTokenGeneration") == {"claimsToSuppress": ["tenant", "roles"]}


def test_a_user_of_a_tenant_without_a_group_is_a_viewer() -> None:
    answer = lambda_handler(event({"custom:tenant": "acme"}, None), None)

    assert change(answer, "accessTokenGeneration")["claimsToAddOrOverride"]["roles"] == ["viewer"]
