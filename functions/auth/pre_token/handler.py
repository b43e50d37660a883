"""Put tenant and roles into the tokens that Cognito is about to issue.

In:  Cognito pre token generation event, version 2: request.userAttributes, request.groupConfiguration.
Out: the event with response.claimsAndScopeOverrideDetails for the access and the ID token. A user without a tenant
     gets neither claim, and one that came from elsewhere is taken away, so that the authorizer refuses the token.
"""

from typing import Any

from heddle.application.identity.token_claims import RESERVED, token_claims


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Unpack, call, answer."""
    request = event["request"]
    groups = (request.get("groupConfiguration") or {}).get("groupsToOverride") or []
    claims = token_claims(request.get("userAttributes") or {}, groups)
    change = {"claimsToAddOrOverride": claims} if claims else {"claimsToSuppress": list(RESERVED)}
    event["response"] = {
        "claimsAndScopeOverrideDetails": {"accessTokenGeneration": change, "idTokenGeneration": change}
    }
    return event
