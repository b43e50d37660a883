"""Render a registered prompt for a node: by reference, from memory where that is allowed.

A version never changes, so it is kept; what a label points to is read again after a few seconds.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from heddle.application.ports.prompts import PromptStore
from heddle.application.prompts.includes import included
from heddle.domain.prompts.built_in import built_in
from heddle.domain.prompts.prompt import (
    PRODUCTION,
    RESERVED_PREFIX,
    Prompt,
    PromptRef,
    PromptVersion,
    RenderedPrompt,
    parse_ref,
)
from heddle.domain.prompts.rendering import render
from heddle.errors import NotFound

LABEL_SECONDS = 5.0
KEPT = 1000


@dataclass
class RenderPrompt:
    """`render_prompt(tenant, "support@production", {"question": "…"})` gives texts, version and hash.

    `now` is the time that templates see, `monotonic` (seconds) says how old a label is. `label_seconds` 0 reads labels
    each time.
    """

    store: PromptStore
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    label_seconds: float = LABEL_SECONDS
    _versions: OrderedDict[tuple[str, str, int], PromptVersion] = field(default_factory=OrderedDict)
    _rows: OrderedDict[tuple[str, str], tuple[float, Prompt]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, tenant: str, ref: str, variables: Mapping[str, Any]) -> RenderedPrompt:
        """Render `name` (its label `production`, else the newest version), `name@3` or `name@label`.

        Raises InvalidInput (`prompt_ref_invalid`, `prompt_variables_invalid`), NotFound (`prompt_not_found`,
        `prompt_version_not_found`, `prompt_label_not_found`), and the InvalidCommands of `included` and `render`.
        """
        return self.version(self.find(tenant, ref), tenant, variables)

    def version(self, version: PromptVersion, tenant: str, variables: Mapping[str, Any]) -> RenderedPrompt:
        """Render a version that is at hand, such as one that is not saved yet."""
        partials = included(version, lambda reference: self.find(tenant, reference))
        return render(version, variables, now=self.now().isoformat(), partials=partials)

    def find(self, tenant: str, ref: str) -> PromptVersion:
        """Return the version that a reference means."""
        parsed = parse_ref(ref)
        if parsed.name.startswith(RESERVED_PREFIX):
            return _built_in(parsed)
        number = parsed.number
        if number is None:
            number = number_of(self._row(tenant, parsed.name), parsed)
        return self._version(tenant, parsed.name, number)

    def _row(self, tenant: str, name: str) -> Prompt:
        key, at = (tenant, name), self.monotonic()
        with self._lock:
            kept = self._rows.get(key)
        if kept is not None and at - kept[0] < self.label_seconds:
            return kept[1]
        row = self.store.prompt(tenant, name)
        if row is None or row.deleted:
            with self._lock:
                self._rows.pop(key, None)
            raise NotFound(f"there is no prompt {name!r}", code="prompt_not_found")
        with self._lock:
            self._rows[key] = (at, row)
            self._rows.move_to_end(key)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
        return row

    def _version(self, tenant: str, name: str, number: int) -> PromptVersion:
        key = (tenant, name, number)
        with self._lock:
            if (kept := self._versions.get(key)) is not None:
                self._versions.move_to_end(key)
                return kept
        version = self.store.version(tenant, name, number)
        if version is None:
            raise NotFound(f"prompt {name!r} has no version {number}", code="prompt_version_not_found")
        with self._lock:
            self._versions[key] = version
            while len(self._versions) > KEPT:
                self._versions.popitem(last=False)
        return version


def number_of(row: Prompt, ref: PromptRef) -> int:
    """Return the version that a reference without a number means; NotFound if the label is not set."""
    label = ref.label or PRODUCTION
    if label in row.labels:
        return row.labels[label].version
    if ref.label is None:
        return row.version
    known = ", ".join(sorted(row.labels)) or "none"
    message = f"prompt {row.name!r} has no label {label!r}; it has {known}"
    raise NotFound(message, code="prompt_label_not_found")


def _built_in(ref: PromptRef) -> PromptVersion:
    version = built_in().get(ref.name)
    if version is None:
        known = ", ".join(built_in())
        raise NotFound(f"there is no prompt {ref.name!r}; built in are {known}", code="prompt_not_found")
    if ref.number not in (None, 1):
        raise NotFound(f"prompt {ref.name!r} has no version {ref.number}", code="prompt_version_not_found")
    if ref.label not in (None, PRODUCTION):
        raise NotFound(f"prompt {ref.name!r} has no label {ref.label!r}", code="prompt_label_not_found")
    return version
