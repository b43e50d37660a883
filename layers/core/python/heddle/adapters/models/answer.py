"""An answer as it comes together: within its time and its length, and with text, tool calls and usage at the end.

    SDK's events ── adapter ──► add() · call() · used() · stopped() ──► completion()
                                  └── too late, too long ──► NodeError

Streams and whole answers are read the same way.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from heddle.adapters.models.conversation import arguments_in, size_of
from heddle.adapters.models.failures import failure, ours
from heddle.adapters.models.passages import citations_in
from heddle.application.ports.models import Completion, CompletionRequest, Delta, ToolCallPart
from heddle.errors import NodeError

# Tokens are 4 characters on average, the longest (of spaces) about a hundred. What is far beyond has no end.
_CHARS_PER_TOKEN = 64
_SLACK = 65_536
_REASONS = ("end", "max_tokens", "stop_sequence", "tool_use")


class _Call:
    def __init__(self, id: str, name: str) -> None:
        self.id, self.name, self.signature = id, name, ""
        self.written: list[str] = []


class Answer:
    """What one call has given so far."""

    def __init__(
        self, provider: str, model: str, request: CompletionRequest, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.provider, self.model, self.request = provider, model, request
        self.response_id = ""
        self.chars = 0
        """Characters of text and arguments so far."""
        self._monotonic = monotonic
        self._deadline = monotonic() + request.timeout
        self._most = request.max_tokens * _CHARS_PER_TOKEN + _SLACK
        self._text: list[str] = []
        self._calls: dict[object, _Call] = {}
        self._stop = ""
        self._declined = ""
        self._usage: tuple[int, int, int, int] | None = None

    def left(self) -> float:
        """Return the seconds left for the call; raises NodeError `llm_timeout` when there are none."""
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise failure("llm_timeout", self.provider, "the answer did not end in time")
        return left

    def add(self, text: str) -> Iterator[Delta]:
        """Take a piece of text and give it on; an empty one is none."""
        if text:
            self._grow(text)
            self._text.append(text)
            yield Delta(text)

    def call(self, key: object, *, id: str = "", name: str = "", arguments: str = "", signature: str = "") -> None:
        """Begin the tool call that goes by `key`, or go on with it."""
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = _Call(id, name)
        call.id, call.name = call.id or id, call.name or name
        call.signature = call.signature or signature
        self._grow(arguments)
        call.written.append(arguments)

    def key_of_call(self, index: int, id: str) -> object:
        """Return the key of the call that a piece with this index and id belongs to.

        An index with another id is another call: some number all parallel calls alike. A piece without an id belongs
        to the last call of its index.
        """
        same = [key for key in self._calls if isinstance(key, tuple) and key[0] == index]
        if not same:
            return index, 0
        last = same[-1]
        return last if not id or self._calls[last].id in ("", id) else (index, len(same))

    def stopped(self, reason: str) -> None:
        """Take note that the answer has ended, and why; what is none of our reasons counts as an ordinary end."""
        self._stop = reason if reason in _REASONS else "end"

    def declined(self, reason: str) -> None:
        """Take note that the model or a filter refuses: `completion` raises it, behind the usage."""
        self._declined = self._declined or reason

    def used(
        self,
        input_tokens: object,
        output_tokens: object,
        cached_tokens: object = 0,
        cache_write_tokens: object = 0,
    ) -> None:
        """Take note of the tokens; what is no number is not believed."""
        if isinstance(input_tokens, int) and isinstance(output_tokens, int):
            cached = cached_tokens if isinstance(cached_tokens, int) else 0
            kept = cache_write_tokens if isinstance(cache_write_tokens, int) else 0
            self._usage = (max(input_tokens, 0), max(output_tokens, 0), max(cached, 0), max(kept, 0))

    def completion(self) -> Completion:
        """Return the whole answer.

        Raises NodeError `llm_refused`, `llm_stream_broken` if it never ended, `llm_bad_response` if there is none.
        """
        estimated = self._usage is None
        given, written, cached, kept = self._usage or (size_of(self.request), self.chars // 3 + 1, 0, 0)
        if self._declined:
            usage = {"input_tokens": given, "output_tokens": written}
            usage |= {"cached_tokens": cached, "cache_write_tokens": kept}
            if estimated:
                usage = {"output_chars": self.chars} if self.chars else {}
            reason = "the model or a content filter declined"
            raise failure("llm_refused", self.provider, reason, stop_reason=self._declined, **usage)
        if not self._stop and not self.chars:
            raise failure("llm_bad_response", self.provider, "the answer holds no message")
        if not self._stop:
            raise self.interrupted(failure("llm_unavailable", self.provider, "the answer broke off"))
        text = "".join(self._text)
        calls = tuple(self._finished(number, call) for number, call in enumerate(self._calls.values(), 1))
        return Completion(
            text=text,
            model=self.model,
            provider=self.provider,
            # Some call a message with tool calls an ordinary end.
            stop_reason="tool_use" if calls and self._stop == "end" else self._stop,
            input_tokens=given,
            output_tokens=written,
            citations=citations_in(text, self.request.context),
            tool_calls=calls,
            cached_tokens=cached,
            cache_write_tokens=kept,
            response_id=self.response_id,
            usage_estimated=estimated,
        )

    @contextmanager
    def interruptions(self, translated: Callable[[Exception], NodeError | None]) -> Iterator[None]:
        """Turn the SDK's errors into ours; what `translated` gives None for is a bug, and stays as it is."""
        try:
            yield
        except Exception as error:
            known = ours(error) or translated(error)
            if known is None:
                raise
            failed = self.interrupted(known)
            if failed is error:
                raise
            raise failed from error

    def interrupted(self, error: NodeError) -> NodeError:
        """Return the error with how much was written before it; a connection lost in between has broken a stream."""
        if not self.chars:
            return error
        if error.code == "llm_unavailable" and "status" not in error.details:
            error = failure("llm_stream_broken", self.provider, "broke off in the middle of its answer")
        error.details["output_chars"] = self.chars
        if self._usage is not None:
            error.details["input_tokens"] = self._usage[0]
        return error

    def _grow(self, text: str) -> None:
        self.left()
        self.chars += len(text)
        if self.chars > self._most:
            reason = f"the answer has no end: more than {self._most} characters for {self.request.max_tokens} tokens"
            raise failure("llm_bad_response", self.provider, reason)

    def _finished(self, number: int, call: _Call) -> ToolCallPart:
        raw = "".join(call.written)
        part = ToolCallPart(
            type="tool_call",
            id=call.id or f"{self.response_id or 'call'}_{number}",
            name=call.name,
            arguments=arguments_in(raw),
            raw=raw,
        )
        if call.signature:
            part["signature"] = call.signature
        return part
