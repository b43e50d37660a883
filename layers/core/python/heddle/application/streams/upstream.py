"""Streaming an answer from a provider whose connection may break off: begun anew a few times, and accounted for.

A provider cannot go on where it stopped. So the answer begins again from its first word, the reader is told that what
came before is void, and what the broken stream gave is reported, because it is paid for all the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Protocol

from heddle.application.ports.models import Completion, CompletionRequest, Delta
from heddle.errors import NodeError
from heddle.records import dataclass

CHARS_PER_TOKEN = 64
LEAST_CHARS = 65_536
"""No answer of `max_tokens` is longer than so many characters each, and no bound is below that: what goes on is no
answer but a stream without an end."""


class Streaming(Protocol):
    """What of a ModelProvider is needed here."""

    def stream(self, request: CompletionRequest) -> Iterator[Delta | Completion]:
        """Ask once and give the text as it comes, and the Completion last."""
        ...


@dataclass(frozen=True, slots=True)
class Restarts:
    """How often a stream is begun in all, and the pause before the second: doubled each time, with jitter."""

    attempts: int = 3
    first_pause: float = 1.0
    longest_pause: float = 30.0


@dataclass(frozen=True, slots=True)
class Streamed:
    """A whole answer. `lost` has, for each stream that broke off, how many characters it had given."""

    completion: Completion
    lost: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamWithRestarts:
    """Consumes `ModelProvider.stream`; time and chance are handed in."""

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    chance: Callable[[], float]
    restarts: Restarts = Restarts()

    def __call__(
        self,
        provider: Streaming,
        request: CompletionRequest,
        on_text: Callable[[str], None],
        on_restart: Callable[[], None],
        *,
        on_broken: Callable[[NodeError], None] | None = None,
    ) -> Streamed:
        """Return the answer, after giving every piece of its text to `on_text` as it comes.

        All streams and pauses together take at most `request.timeout` seconds; a piece that comes later is not waited
        for. Before a stream begins anew `on_broken` gets its error, with `output_chars` (whoever pays settles and
        reserves there, and may refuse by raising), then `on_restart` is called. Raises what the provider raises;
        `llm_stream_broken` when the last attempt broke off too, `llm_timeout`, and `llm_bad_response` for a stream
        without an end, the three with `lost` in details: characters per stream, the last one's included.
        """
        deadline = self.monotonic() + request.timeout
        most = max(LEAST_CHARS, request.max_tokens * CHARS_PER_TOKEN)
        lost: list[int] = []
        while True:
            try:
                return Streamed(self._once(provider, request, on_text, deadline, most), tuple(lost))
            except NodeError as error:
                if "output_chars" in error.details:
                    lost.append(int(error.details["output_chars"]))
                if error.code != "llm_stream_broken" or not self._again(len(lost), deadline):
                    error.details["lost"] = lost
                    raise
                broken = error
            if on_broken is not None:
                on_broken(broken)
            on_restart()
            request = replace(request, timeout=max(0.001, deadline - self.monotonic()))

    def _again(self, broken: int, deadline: float) -> bool:
        """Wait before the next attempt; False if there is none, or no time left for one."""
        if broken >= self.restarts.attempts:
            return False
        pause = min(self.restarts.longest_pause, self.restarts.first_pause * 2.0 ** (broken - 1))
        pause *= 0.5 + self.chance() / 2
        if self.monotonic() + pause >= deadline:
            return False
        self.sleep(pause)
        return True

    def _once(
        self,
        provider: Streaming,
        request: CompletionRequest,
        on_text: Callable[[str], None],
        deadline: float,
        most: int,
    ) -> Completion:
        chars = 0
        stream = provider.stream(request)
        try:
            for piece in stream:
                if isinstance(piece, Completion):
                    return piece
                chars += len(piece.text)
                self._check(chars, most, deadline, request)
                on_text(piece.text)
        except NodeError as error:
            if error.code == "llm_stream_broken":
                # What was read here counts; an adapter may have had more on its way.
                error.details["output_chars"] = max(chars, int(error.details.get("output_chars", 0)))
            raise
        finally:
            _close(stream)
        raise NodeError(
            "the stream of the answer ended before the answer did",
            code="llm_stream_broken",
            retryable=True,
            output_chars=chars,
        )

    def _check(self, chars: int, most: int, deadline: float, request: CompletionRequest) -> None:
        if self.monotonic() > deadline:
            raise NodeError(
                f"the answer was not complete within {request.timeout:g} seconds",
                code="llm_timeout",
                retryable=True,
                output_chars=chars,
            )
        if chars > most:
            raise NodeError(
                f"the model went on after {most} characters, though at most {request.max_tokens} tokens were asked for",
                code="llm_bad_response",
                retryable=True,
                output_chars=chars,
            )


def _close(stream: Iterator[Delta | Completion]) -> None:
    """Let go of the connection now, not when the garbage collector comes by."""
    close = getattr(stream, "close", None)
    if close is not None:
        close()
