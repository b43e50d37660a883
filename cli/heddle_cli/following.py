"""What is shown of a run while it goes on: over the WebSocket, or by polling where that cannot be had.

Either way each event comes once and in order: polling goes on behind the version that the socket had reached.
"""

from collections.abc import Callable, Iterator

from rich.markup import escape

from heddle_cli.console import err
from heddle_cli.tokens import Feed
from heddle_sdk import Client
from heddle_sdk.errors import ConnectionFailed
from heddle_sdk.following import follow
from heddle_sdk.live import LiveText, NodeText
from heddle_sdk.models import Frame, RunEvent
from heddle_sdk.realtime import SocketError
from heddle_sdk.runs import Run


class Following:
    """Follows one run. `live` is the text of its models as far as it has come."""

    def __init__(self, client: Client, run: Run, on_text: Callable[[NodeText], None] | None = None) -> None:
        self.live = LiveText()
        self._client, self._run, self._on_text = client, run, on_text
        self._version = 0

    def events(self) -> Iterator[RunEvent]:
        """Yield what happens until the run has ended; its text goes to `live` and to whoever waits for it."""
        if not self._run.ended and self._run.is_live():
            try:
                yield from self._over_the_socket()
            except (ConnectionFailed, SocketError) as error:
                err.print(
                    f"[dim]no WebSocket ({escape(str(error))}): going on by asking again and again[/]", soft_wrap=True
                )
            else:
                return
        feed = Feed(self._run, self._on_text)
        self.live = feed.start().live
        yield from self._run.events(after=self._version, follow=True)
        if self._on_text is not None:
            feed.finish()

    def _over_the_socket(self) -> Iterator[RunEvent]:
        # Twice only: asking again and again is as good, and nobody should look at an empty screen for long.
        with self._client.realtime(attempts=2) as socket:
            for happened in follow(socket, self._run.id):
                if isinstance(happened, Frame):
                    self._take(happened)
                elif happened.version > self._version:
                    self._version = happened.version
                    yield happened

    def _take(self, frame: Frame) -> None:
        text = self.live.apply(frame)
        if text is not None and self._on_text is not None and text.status == "done":
            self._on_text(text)
