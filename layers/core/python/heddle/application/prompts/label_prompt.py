"""Move a prompt's labels: set one, roll one back, and write down who did it and when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from heddle.application.ports.prompts import PromptStore
from heddle.application.prompts.includes import included
from heddle.application.prompts.render_prompt import RenderPrompt, number_of
from heddle.domain.prompts.prompt import (
    LABEL,
    MAX_LABELS,
    RESERVED_PREFIX,
    Label,
    LabelChange,
    Prompt,
    PromptVersion,
    parse_ref,
)
from heddle.errors import Conflict, Forbidden, InvalidInput, NotFound, VersionConflict

ATTEMPTS = 5
EARLIER_KEPT = 50


@dataclass(frozen=True)
class LabelPrompt:
    """Which version of a prompt a label means."""

    store: PromptStore
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def set(self, tenant: str, name: str, label: str, version: int, *, by: str) -> Prompt:
        """Point the label at a version. Doing it twice is doing it once.

        Raises NotFound (`prompt_not_found`, `prompt_version_not_found`), InvalidInput `invalid_parameter`, and what
        `included` raises if the version could then not be rendered.
        """
        if not LABEL.fullmatch(label):
            rule = "a label is 1 to 63 of a-z, 0-9, _ and -, a letter first"
            raise InvalidInput(rule, code="invalid_parameter", errors=[{"field": "label", "message": rule}])
        self._check(tenant, name, label, version)

        def change(row: Prompt, at: datetime) -> tuple[Prompt, LabelChange] | None:
            if label in row.labels and row.labels[label].version == version:
                return None
            if label not in row.labels and len(row.labels) >= MAX_LABELS:
                raise Conflict(f"a prompt has at most {MAX_LABELS} labels", code="prompt_too_many_labels")
            return moved(row, label, version, at, by)

        return self._change(tenant, name, change)

    def rollback(self, tenant: str, name: str, label: str, *, by: str) -> Prompt:
        """Point the label back at the version that it meant before; again, at the one before that.

        Raises NotFound `prompt_not_found` or `prompt_label_not_found`, Conflict `prompt_no_earlier_version`.
        """

        def change(row: Prompt, at: datetime) -> tuple[Prompt, LabelChange]:
            if label not in row.labels:
                known = ", ".join(sorted(row.labels)) or "none"
                message = f"prompt {name!r} has no label {label!r}; it has {known}"
                raise NotFound(message, code="prompt_label_not_found")
            now = row.labels[label]
            if not now.earlier:
                raise Conflict(
                    f"{label!r} of prompt {name!r} has never meant another version than {now.version}",
                    code="prompt_no_earlier_version",
                )
            back = Label(now.earlier[-1], at, by, now.earlier[:-1])
            revision = row.revision + 1
            done = LabelChange(label, "rollback", now.version, back.version, at, by, revision)
            return _with_label(row, label, back, at, by), done

        return self._change(tenant, name, change)

    def _change(
        self, tenant: str, name: str, change: Callable[[Prompt, datetime], tuple[Prompt, LabelChange] | None]
    ) -> Prompt:
        refuse_built_in(name)
        for attempt in range(1, ATTEMPTS + 1):
            before = self.store.prompt(tenant, name)
            if before is None or before.deleted:
                raise NotFound(f"there is no prompt {name!r}", code="prompt_not_found")
            changed = change(before, self.now())
            if changed is None:
                return before
            row, done = changed
            try:
                self.store.save(tenant, row, before=before, changes=(done,))
                return row
            except VersionConflict:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("the loop returns or raises")

    def _check(self, tenant: str, name: str, label: str, number: int) -> None:
        """See that the version is there, and that what it includes can be found once the label is moved."""
        refuse_built_in(name)
        row = self.store.prompt(tenant, name)
        if row is None or row.deleted:
            raise NotFound(f"there is no prompt {name!r}", code="prompt_not_found")
        reader = RenderPrompt(self.store, self.now, self.monotonic)
        version = reader.find(tenant, f"{name}@{number}")
        after, _ = moved(row, label, number, self.now(), "")

        def load(reference: str) -> PromptVersion:
            ref = parse_ref(reference)
            if ref.name == name and ref.number is None:
                return reader.find(tenant, f"{name}@{number_of(after, ref)}")
            return reader.find(tenant, reference)

        included(version, load)


def moved(row: Prompt, label: str, version: int, at: datetime, by: str) -> tuple[Prompt, LabelChange]:
    """Return the row with a label set, at its next revision, and the line for the audit trail."""
    before = row.labels.get(label)
    earlier = (*before.earlier, before.version)[-EARLIER_KEPT:] if before else ()
    done = LabelChange(label, "set", before.version if before else None, version, at, by, row.revision + 1)
    return _with_label(row, label, Label(version, at, by, earlier), at, by), done


def refuse_built_in(name: str) -> None:
    """Raise Forbidden for a prompt that is built in."""
    if name.startswith(RESERVED_PREFIX):
        raise Forbidden(f"the prompt {name!r} is built in and cannot be changed", code="prompt_built_in")


def _with_label(row: Prompt, name: str, label: Label, at: datetime, by: str) -> Prompt:
    labels = {**row.labels, name: label}
    return replace(row, labels=labels, revision=row.revision + 1, updated_at=at, updated_by=by)
