"""The text of a model, piece by piece, on its way to whoever watches the run."""

from collections.abc import Mapping
from typing import Any, Protocol


class TokenStream(Protocol):
    """What one attempt at a node tells its watchers. Never raises: no run depends on being watched."""

    def text(self, piece: str) -> None:
        """Add a piece of text."""
        ...

    def step(self) -> None:
        """Say that another call of a model begins: a restart voids what comes from here on."""
        ...

    def restart(self) -> None:
        """Say that the answer begins anew: what came since the last step or tool call is void."""
        ...

    def tool(self, name: str, *, call_id: str, state: str, **facts: Any) -> None:
        """Say that a tool was called; `state` is started, succeeded or failed."""
        ...

    def done(self, usage: Mapping[str, Any] | None = None) -> None:
        """Say that the attempt is complete, and what it used."""
        ...

    def error(self, code: str, message: str) -> None:
        """Say that the attempt failed."""
        ...
