"""Text that can be stored and cited: what PostgreSQL or JSON cannot hold is replaced, character by character."""

from heddle.domain.documents.search import MARK, UNMARK

_REPLACED = {0: " ", ord(MARK): " ", ord(UNMARK): " "} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def storable(text: str) -> str:
    """Return the text without zero characters, lone surrogates and our own marks; offsets stay what they were."""
    return text.translate(_REPLACED)


def storable_json(value: object) -> object:
    """Return a JSON value all of whose texts are storable."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(item) for item in value]
    return value
