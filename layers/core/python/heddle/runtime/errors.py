"""The two error names that a state machine may match.

Step Functions compares the exact name of the class a function raises and knows nothing of inheritance. So only these
leave a function of the engine on purpose; anything else is a bug, goes out as itself, and is caught by States.ALL.
"""

from heddle.errors import HeddleError


class RetryableNodeError(Exception):
    """The same call may work in a moment; state_machines/run.asl.json tries it again."""


class FatalNodeError(Exception):
    """The same call would fail the same way."""


def as_machine_error(error: HeddleError) -> RetryableNodeError | FatalNodeError:
    """Return the error under the name that the state machine knows, with its code first in the message."""
    name = RetryableNodeError if error.retryable else FatalNodeError
    return name(f"{error.code}: {error.message}")
