"""Executions, task queue and tokens in memory."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heddle import records
from heddle.application.execution.step import RunRef, Work


@records.dataclass(frozen=True, slots=True)
class Sent:
    """A message in the queue."""

    run: RunRef
    reason: str
    delay_seconds: int
    priority: str = "normal"


@dataclass
class MemoryTaskQueue:
    """A TaskQueue in a list. `take` gives what was sent, as a consumer would get it."""

    _messages: list[Sent] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, run: RunRef, *, reason: str, delay_seconds: int = 0, priority: str = "normal") -> None:
        with self._lock:
            self._messages.append(Sent(run, reason, delay_seconds, priority))

    def send_again(self, tenant: str, message: Mapping[str, Any], *, priority: str = "normal") -> None:
        with self._lock:
            self._messages.append(Sent(message["run"], str(message["reason"]), 0, priority))

    def take(self) -> list[Sent]:
        """Return and remove all messages, in the order they were sent, delayed or not."""
        with self._lock:
            messages, self._messages = self._messages, []
            return messages


@records.dataclass(frozen=True, slots=True)
class Execution:
    """An execution that was started."""

    name: str
    work: Work
    mode: str


@dataclass
class MemoryOrchestrator:
    """An Orchestrator that keeps what was started; executions run until they are stopped."""

    started: dict[str, Execution] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str, work: Work, *, mode: str) -> str:
        with self._lock:
            self.started.setdefault(name, Execution(name, work, mode))
        return name

    def is_running(self, execution: str) -> bool | None:
        with self._lock:
            found = self.started.get(execution)
            return None if found is None or found.mode != "standard" else execution not in self.stopped

    def stop(self, execution: str, *, cause: str) -> None:
        with self._lock:
            if execution in self.started:
                self.stopped.setdefault(execution, cause)


@dataclass
class MemoryWaker:
    """A Waker that keeps which tokens were used; using one twice is fine."""

    woken: list[str] = field(default_factory=list)

    def wake(self, token: str) -> None:
        if token not in self.woken:
            self.woken.append(token)
