"""What API Gateway itself answers when no function did: problem details (RFC 9457), as the functions answer."""

from collections.abc import Sequence

from aws_cdk import aws_apigateway

KIND = aws_apigateway.ResponseType
# Kind, status, our stable code, title. The codes are those of heddle.errors, so that clients need to know one list.
RESPONSES = (
    (KIND.UNAUTHORIZED, "401", "unauthenticated", "No credential, or one that does not hold"),
    (KIND.ACCESS_DENIED, "403", "forbidden", "The credential does not allow this"),
    (KIND.EXPIRED_TOKEN, "401", "unauthenticated", "The credential has expired"),
    (KIND.INVALID_SIGNATURE, "401", "unauthenticated", "The credential does not hold"),
    (KIND.MISSING_AUTHENTICATION_TOKEN, "404", "not_found", "There is no such route"),
    (KIND.RESOURCE_NOT_FOUND, "404", "not_found", "There is no such route"),
    (KIND.REQUEST_TOO_LARGE, "413", "payload_too_large", "The body is larger than 10 MB"),
    (KIND.UNSUPPORTED_MEDIA_TYPE, "415", "unsupported_media_type", "The media type is not supported"),
    (KIND.THROTTLED, "429", "too_many_requests", "Too many requests"),
    (KIND.QUOTA_EXCEEDED, "429", "too_many_requests", "Too many requests"),
    (KIND.AUTHORIZER_FAILURE, "500", "internal_error", "The credential could not be checked"),
    (KIND.AUTHORIZER_CONFIGURATION_ERROR, "500", "internal_error", "The credential could not be checked"),
    (KIND.INTEGRATION_FAILURE, "503", "upstream_unavailable", "The service did not answer"),
    (KIND.INTEGRATION_TIMEOUT, "504", "upstream_unavailable", "The service did not answer in time"),
    (KIND.DEFAULT_4_XX, None, "invalid_command", "The request was not understood"),
    (KIND.DEFAULT_5_XX, None, "internal_error", "Something went wrong"),
)


def add_problem_responses(api: aws_apigateway.RestApi, *, origins: Sequence[str]) -> None:
    """Give every answer of the gateway our shape, a correlation id, and the header that lets browsers read it."""
    for kind, status, code, title in RESPONSES:
        shown = status or ("400" if kind is KIND.DEFAULT_4_XX else "500")
        body = (
            f'{{"type":"about:blank","title":"{title}","status":{shown},"code":"{code}",'
            '"detail":$context.error.messageString,"correlation_id":"$context.requestId"}'
        )
        api.add_gateway_response(
            kind.response_type,
            type=kind,
            status_code=status,
            response_headers={
                "Content-Type": "'application/problem+json'",
                "Access-Control-Allow-Origin": f"'{origins[0]}'",
                "X-Correlation-Id": "context.requestId",
            },
            templates={"application/json": body},
        )
