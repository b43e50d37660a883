"""What a model can call while it works: a tool says what it is for, checks what it is given, and gives JSON back."""

from typing import Any, Protocol

from heddle.application.agents.records import ToolOutcome
from heddle.application.ports.models import ToolSpec
from heddle.domain.json_schema import violations
from heddle.records import dataclass

SHOWN_VIOLATIONS = 5


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call. `key` is the same whenever this call of this conversation is made; `seconds` is what it may take."""

    arguments: dict[str, Any]
    step: int
    call_id: str
    key: str
    seconds: float


class Tool(Protocol):
    """A tool. With `once` a call that may have been made already is not made again."""

    @property
    def spec(self) -> ToolSpec:
        """What the model is told of it."""
        ...

    @property
    def once(self) -> bool:
        """Whether repeating a call could do harm."""
        ...

    def call(self, use: ToolUse) -> ToolOutcome:
        """Do it. A HeddleError becomes an error that the model sees; anything else is a bug and fails the node."""
        ...


def argument_faults(spec: ToolSpec, arguments: dict[str, Any] | None, raw: str) -> str | None:
    """Return what is wrong with a call's arguments, in words for the model; None if nothing is."""
    if arguments is None:
        return f"the arguments are no JSON object: {raw[:200]}"
    found = violations(spec.parameters, arguments, SHOWN_VIOLATIONS)
    if not found:
        return None
    listed = "; ".join(f"{'.'.join(map(str, path)) or 'the arguments'}: {message}" for path, message in found)
    return f"the arguments do not fit the tool's parameters: {listed}"
