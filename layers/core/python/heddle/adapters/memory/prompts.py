"""Prompts, versions and label changes in memory."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from heddle.application.cursors import decode_cursor, encode_cursor
from heddle.application.ports.paging import Page
from heddle.domain.prompts.prompt import LabelChange, Prompt, PromptVersion
from heddle.errors import VersionConflict

T = TypeVar("T")


@dataclass
class MemoryPromptStore:
    """A PromptStore in dictionaries."""

    _prompts: dict[tuple[str, str], Prompt] = field(default_factory=dict)
    _versions: dict[tuple[str, str], dict[int, PromptVersion]] = field(default_factory=dict)
    _changes: dict[tuple[str, str], list[LabelChange]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def save(
        self,
        tenant: str,
        prompt: Prompt,
        *,
        before: Prompt | None,
        version: PromptVersion | None = None,
        changes: tuple[LabelChange, ...] = (),
    ) -> None:
        key = (tenant, prompt.name)
        with self._lock:
            stored = self._prompts.get(key)
            expected, actual = before.revision if before else 0, stored.revision if stored else 0
            taken = version is not None and version.number in self._versions.get(key, {})
            if expected != actual or taken:
                raise VersionConflict(f"prompt {prompt.name!r} has changed: it is at revision {actual}, not {expected}")
            self._prompts[key] = prompt
            if version is not None:
                self._versions.setdefault(key, {})[version.number] = version
            self._changes.setdefault(key, []).extend(changes)

    def prompt(self, tenant: str, name: str) -> Prompt | None:
        return self._prompts.get((tenant, name))

    def version(self, tenant: str, name: str, number: int) -> PromptVersion | None:
        return self._versions.get((tenant, name), {}).get(number)

    def prompts(self, tenant: str, *, limit: int, cursor: str | None = None, tag: str | None = None) -> Page[Prompt]:
        with self._lock:
            rows = [
                prompt
                for (owner, _), prompt in self._prompts.items()
                if owner == tenant and not prompt.deleted and (tag is None or tag in prompt.tags)
            ]
        scope = f"{tenant}#prompts" + (f"#tag#{tag}" if tag is not None else "")
        return _page(rows, _changed, scope, limit, cursor)

    def versions(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[PromptVersion]:
        with self._lock:
            rows = [
                replace(version, content={}, templates={}, variables={}, includes=(), tests=())
                for version in self._versions.get((tenant, name), {}).values()
            ]
        return _page(rows, lambda row: f"version#{row.number:010d}", f"{tenant}#prompt#{name}", limit, cursor)

    def changes(self, tenant: str, name: str, *, limit: int, cursor: str | None = None) -> Page[LabelChange]:
        with self._lock:
            rows = list(self._changes.get((tenant, name), ()))
        return _page(rows, _placed, f"{tenant}#prompt#{name}", limit, cursor)


def _changed(prompt: Prompt) -> str:
    return f"{prompt.updated_at.isoformat(timespec='microseconds')}#{prompt.name}"


def _placed(change: LabelChange) -> str:
    return f"label#{change.revision:010d}#{change.label}"


def _page(rows: list[T], place: Callable[[T], str], scope: str, limit: int, cursor: str | None) -> Page[T]:
    rows.sort(key=place, reverse=True)
    if cursor is not None:
        (position,) = decode_cursor(cursor, scope)
        rows = [row for row in rows if place(row) < position]
    page = tuple(rows[:limit])
    return Page(page, encode_cursor(scope, place(page[-1])) if len(rows) > limit else None)
