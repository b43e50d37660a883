"""The version that a caller builds on: what keeps two people from overwriting each other."""

from heddle.errors import InvalidInput
from heddle.runtime.api.http import Request


def expected_version(request: Request, in_body: int | None = None, *, of: str) -> int | None:
    """Return it from If-Match or from the body, None where neither has one; `of` names the thing in errors."""
    header = request.headers.get("if-match")
    if header is None:
        return in_body
    text = header.removeprefix("W/").strip().strip('"')
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _invalid(f"If-Match must be the ETag of the {of}, which is its version", 'a version in quotes, as "3"')
    if in_body is not None and in_body != int(text):
        raise _invalid("If-Match and expected_version differ", "the same as expected_version, or left out")
    return int(text)


def etag(version: int) -> dict[str, str]:
    """Return the header that says which version an answer shows."""
    return {"ETag": f'"{version}"'}


def _invalid(detail: str, rule: str) -> InvalidInput:
    return InvalidInput(detail, code="invalid_header", errors=[{"field": "If-Match", "message": f"must be {rule}"}])
