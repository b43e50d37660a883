"""The text of a model, piece by piece, on its way to whoever watches the run."""

from typing import Any, Protocol


class TokenStream(Protocol):
    """What one node tells its watchers while it works. Never raises: a run does not depend on being watched."""

    def text(self, piece: str) -> None:
        """Add a piece of text."""
        ...

    def restart(self) -> None:
        """Say that the text since the last tool call, or since the start, is void and begins anew."""
        ...

    def tool(self, name: str, *, call_id: str, state: str, **facts: Any) -> None:
        """Say that a tool was called; `state` is started, succeeded or failed."""
        ...

    def done(self) -> None:
        """Say that nothing more comes."""
        ...
