"""What a model writes, on its way into the topic of its run: pieces of text gathered into a few frames a second.

    provider ─► text("Hel") text("lo ") text("wor") … ─► frames token {text: "Hel"}, token {text: "lo wor…"}, … ─► topic

The thread that reads the provider is the one that writes the frames, so a slow log slows the reading down and nothing
piles up. A log that fails never fails the run: text waits for the next try, up to a bound; after a few failures the
stream falls quiet, tries again now and then, and says in one frame what is missing.

Each token, gap and tool call of an attempt has an `index` from 0. Whoever shows the text keeps a list, and for each
such frame cuts it to `index` and adds the new part; `restart` only cuts. So text that came twice, an attempt that was
delivered again and a stream that began anew all show right.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from heddle.application.ports.topics import TopicLog
from heddle.domain.nodes.spec import NodeTask
from heddle.records import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often frames are written, and when a log that fails is left alone.

    The first piece is written at once; then one frame per `seconds`, or when `chars` characters have gathered. Where an
    append takes longer than `slow` seconds both grow by a fifth, up to fivefold, and shrink again by a tenth at each
    append that takes less than `quick`: the same text in fewer frames. After `failures` in a row, or failures that took
    `patience` seconds, nothing is tried for `quiet` seconds, each time twice as long up to `longest_quiet`. At most
    `kept` characters wait to be written.
    """

    seconds: float = 0.1
    chars: int = 2048
    kept: int = 16_384
    slow: float = 1.0
    quick: float = 0.1
    failures: int = 3
    patience: float = 5.0
    quiet: float = 5.0
    longest_quiet: float = 60.0


GROWTH, SHRINKING, MOST = 1.2, 0.9, 5.0


def topic_of(run_id: str) -> str:
    """Return the topic that the live output of a run goes to."""
    return f"run:{run_id}"


class TokenStream:
    """The live output of one attempt at a node, or at one item of it: `heddle.application.ports.token_streams`.

    Threads may share it, as tools do that are called side by side: each waits while another one writes.
    """

    def __init__(
        self,
        log: TopicLog,
        task: NodeTask,
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        pace: Pace | None = None,
    ) -> None:
        self._log, self._tenant, self._topic = log, task.tenant, topic_of(task.run_id)
        item = {} if task.item_index is None else {"item": task.item_index}
        self._who: dict[str, Any] = {"node_id": task.node_id, "attempt": task.attempt, **item}
        self._now, self._monotonic, self._pace = now, monotonic, pace or Pace()
        self._pieces: list[str] = []
        self._size = 0
        # Characters that were let go and not told of yet; `_before` of them belong to calls that were complete.
        self._lost = self._before = 0
        self._index = self._call_began = 0
        self._due = float("-inf")
        self._load = 1.0
        self._failures, self._failing_for = 0, 0.0
        self._quiet_until, self._quiet = float("-inf"), self._pace.quiet
        self._ended = False
        self._lock = threading.Lock()

    def text(self, piece: str) -> None:
        """Take a piece of the answer."""
        if not piece:
            return
        with self._lock:
            self._pieces.append(piece)
            self._size += len(piece)
            if self._size >= self._pace.chars * self._load or self._monotonic() >= self._due:
                self._flush()

    def step(self) -> None:
        """Say that another call of a model begins: a restart voids what comes from here on."""
        with self._lock:
            self._flush()
            self._begin_call()

    def restart(self) -> None:
        """Say that the answer begins anew: what came since the last `step` or tool call is void."""
        with self._lock:
            self._pieces.clear()
            self._size, self._lost, self._index = 0, self._before, self._call_began
            self._flush(("restart", {}), last=True)

    def tool(self, name: str, *, call_id: str, state: str, **facts: Any) -> None:
        """Say that a tool call has `started`, `succeeded` or `failed`; facts about it travel along."""
        with self._lock:
            self._flush(("tool", {**facts, "name": name, "call_id": call_id, "state": state}))
            self._begin_call()

    def done(self, usage: Mapping[str, Any] | None = None) -> None:
        """Say that the attempt is complete, and what it used. Nothing comes after."""
        self._end(("done", {"usage": dict(usage or {})}))

    def error(self, code: str, message: str) -> None:
        """Say that the attempt failed. Nothing comes after."""
        self._end(("error", {"code": code, "message": message[:2000]}))

    def _begin_call(self) -> None:
        self._drop(0)
        self._before, self._call_began = self._lost, self._index

    def _end(self, frame: tuple[str, dict[str, Any]]) -> None:
        with self._lock:
            if not self._ended:
                self._ended = True
                self._flush(frame, last=True)

    def _flush(self, frame: tuple[str, dict[str, Any]] | None = None, *, last: bool = False) -> None:
        """Write what waits, and a frame behind it. `last`: now or never, so a quiet stream tries too."""
        frames, index = self._frames(frame)
        if not frames:
            return
        began = self._monotonic()
        if began < self._quiet_until and not last:
            self._drop(0)
            return
        try:
            self._log.append(self._tenant, self._topic, frames, at=self._now().isoformat())
        # Whatever is wrong with the log, a missing permission or a bug in it: the answer is being paid for and goes on.
        except Exception as error:
            self._failed(error, self._monotonic() - began)
            return
        if self._before:  # the gap they are in has a number now
            self._call_began += 1
        self._pieces.clear()
        self._size = self._lost = self._before = 0
        self._index = index
        self._written(self._monotonic(), began)

    def _frames(self, frame: tuple[str, dict[str, Any]] | None) -> tuple[list[tuple[str, dict[str, Any]]], int]:
        """Return the frames to write now, and the index after them."""
        frames: list[tuple[str, dict[str, Any]]] = []
        index = self._index
        if self._lost:
            frames.append(("gap", {**self._who, "chars": self._lost, "index": index}))
            index += 1
        text = _whole("".join(self._pieces))
        # A provider may give a whole answer as one piece.
        for start in range(0, len(text), self._pace.kept):
            frames.append(("token", {**self._who, "text": text[start : start + self._pace.kept], "index": index}))
            index += 1
        if frame is not None:
            kind, data = frame
            numbered = {"index": index} if kind in ("tool", "restart") else {}
            index += kind == "tool"
            frames.append((kind, {**self._who, **data, **numbered}))
        return frames, index

    def _written(self, now: float, began: float) -> None:
        if self._failures:
            _log.info("live output goes on", extra={"facts": {"topic": self._topic, **self._who}})
        took = now - began
        if took > self._pace.slow:
            self._load = min(MOST, self._load * GROWTH)
        elif took < self._pace.quick:
            self._load = max(1.0, self._load * SHRINKING)
        self._due = now + self._pace.seconds * self._load
        self._failures, self._failing_for, self._quiet = 0, 0.0, self._pace.quiet

    def _failed(self, error: Exception, took: float) -> None:
        self._failures += 1
        self._failing_for += took
        now = self._monotonic()
        self._due = now + self._pace.seconds * self._load
        self._drop(self._pace.kept)
        if self._failures >= self._pace.failures or self._failing_for >= self._pace.patience:
            if self._quiet == self._pace.quiet:
                facts = {"topic": self._topic, **self._who, "failures": self._failures}
                _log.warning("live output is left out: its log fails", exc_info=error, extra={"facts": facts})
            self._quiet_until = now + self._quiet
            self._quiet = min(self._pace.longest_quiet, self._quiet * 2)

    def _drop(self, kept: int) -> None:
        """Let go of the text that waits beyond so many characters: the newest stays."""
        if self._size > kept:
            text = "".join(self._pieces)
            self._lost += len(text) - kept
            self._pieces = [text[len(text) - kept :]] if kept else []
            self._size = kept


def _whole(text: str) -> str:
    """Return text that is UTF-8: a provider may cut a character outside the basic plane in two."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def token_stream(
    task: NodeTask,
    log: Callable[[], TopicLog],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    pace: Pace | None = None,
) -> TokenStream | None:
    """Return the stream of an attempt; None unless its run asked for live output, and then nothing is made for it."""
    return TokenStream(log(), task, now=now, monotonic=monotonic, pace=pace) if task.live else None
