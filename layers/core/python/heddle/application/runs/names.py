"""Names worked out instead of stored: the same cause gives the same name, so doing it twice is doing it once."""

import hashlib

_BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TIME_LENGTH = 10
_RANDOM_BYTES = 10


def execution_name(run_id: str, resumed: int, continued: int = 0) -> str:
    """Name the execution of a run after its n-th resumption, and the k-th continuation since then."""
    return run_id + (f"-{resumed}" if resumed else "") + (f".{continued}" if continued else "")


def child_run_id(run_id: str, node_id: str, attempt: int, item: int | None) -> str:
    """Return the id of the sub-run that this attempt at this node (and item) of the run starts.

    It is a ULID with the parent's time, so that a run and its sub-runs lie together, and with a hash for chance.
    """
    return _derived(run_id, f"{run_id}#{node_id}#{attempt}#{'-' if item is None else item}")


def tool_run_id(run_id: str, node_id: str, item: int | None, step: int, call_id: str) -> str:
    """Return the id of the run that a model's tool call in this step of the node's conversation asks for."""
    return _derived(run_id, f"{run_id}#{node_id}#tool#{'-' if item is None else item}#{step}#{call_id}")


def _derived(run_id: str, cause: str) -> str:
    number = int.from_bytes(hashlib.sha256(cause.encode()).digest()[:_RANDOM_BYTES], "big")
    digits = ""
    for _ in range(_RANDOM_BYTES * 8 // 5):
        number, digit = divmod(number, 32)
        digits = _BASE32[digit] + digits
    return run_id[:_TIME_LENGTH] + digits


def callback_key(node_id: str, item: int | None) -> str:
    """Return the name under which a node (or one item of it) waits in the CallbackStore."""
    return node_id if item is None else f"{node_id}#{item}"
