"""Opaque cursors: where a list goes on, bound to the list that made it.

A cursor is base64url of JSON: the list's scope (its partition, so tenant and kind) and the position in it. Whoever
takes one states the scope expected, so a cursor of another tenant or another list is refused, not followed.
"""

import base64
import binascii

import orjson

from heddle.errors import InvalidInput


def encode_cursor(scope: str, *position: str) -> str:
    """Return the cursor of a position within a scope."""
    return base64.urlsafe_b64encode(orjson.dumps([scope, *position])).decode().rstrip("=")


def decode_cursor(cursor: str, scope: str, *, parts: int = 1) -> list[str]:
    """Return the position, of `parts` strings.

    Raises InvalidInput with code `invalid_cursor` if the cursor is damaged or belongs to another list.
    """
    try:
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _refused() from error
    if (
        not isinstance(values, list)
        or len(values) != parts + 1
        or not all(isinstance(value, str) for value in values)
        or values[0] != scope
    ):
        raise _refused()
    position: list[str] = values[1:]
    return position


def _refused() -> InvalidInput:
    return InvalidInput("the cursor does not belong to this list", code="invalid_cursor")
