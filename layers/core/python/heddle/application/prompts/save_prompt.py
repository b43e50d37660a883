"""Save a prompt: as a new version if its content is new, after everything about it was checked and its tests passed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from heddle.application.ports.prompts import PromptStore
from heddle.application.prompts.includes import included
from heddle.application.prompts.label_prompt import moved
from heddle.application.prompts.render_prompt import RenderPrompt
from heddle.domain.prompts.check import Draft, check
from heddle.domain.prompts.prompt import (
    MAX_LABELS,
    LabelChange,
    Prompt,
    PromptTest,
    PromptVersion,
    parse_ref,
)
from heddle.errors import (
    Conflict,
    HeddleError,
    InvalidCommand,
    InvalidPrompt,
    NotFound,
    PromptProblem,
    VersionConflict,
)

ATTEMPTS = 5


@dataclass(frozen=True)
class SavePrompt:
    """Check a document and write it."""

    store: PromptStore
    now: Callable[[], datetime]
    monotonic: Callable[[], float]

    def __call__(
        self,
        tenant: str,
        document: Mapping[str, Any],
        *,
        by: str,
        create: bool = False,
        expected_version: int | None = None,
    ) -> tuple[Prompt, PromptVersion, bool]:
        """Save the document under its name; returns row, version, and whether the version is new.

        The same content as the newest version is that version: then only description, tags and labels are written, if
        they differ. Labels in the document are moved to the version. A deleted prompt comes back with the next number.
        Raises InvalidPrompt with every problem, Conflict `prompt_exists` with `create` if there is one of this name,
        VersionConflict if the newest version is not `expected_version` (0: none).
        """
        draft = self.checked(tenant, document)
        for attempt in range(1, ATTEMPTS + 1):
            before = self.store.prompt(tenant, draft.name)
            here = before is not None and not before.deleted
            if create and here:
                raise Conflict(
                    f"there is a prompt {draft.name!r} already; save a new version with PUT /prompts/{draft.name}",
                    code="prompt_exists",
                )
            actual = before.version if before is not None and here else 0
            if expected_version is not None and expected_version != actual:
                raise VersionConflict(f"prompt {draft.name!r} is at version {actual}, not {expected_version}")
            try:
                return self._write(tenant, draft, before, by)
            except VersionConflict:
                # Someone wrote in between. Who stated a version must be told; who did not comes after them.
                if expected_version is not None or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the loop returns or raises")

    def checked(self, tenant: str, document: Mapping[str, Any]) -> Draft:
        """Return the draft of a document that could be saved; InvalidPrompt otherwise."""
        draft = check(document)
        version = _version(draft, 0, self.now(), "")
        reader = RenderPrompt(self.store, self.now, self.monotonic)
        problems = _broken_includes(tenant, version, reader)
        if not problems:
            problems = [
                PromptProblem("PROMPT_TEST_FAILED", f"test {number + 1}: {reason}", f"tests[{number}]")
                for number, test in enumerate(draft.tests)
                if (reason := _failure(tenant, version, test, reader))
            ]
        if problems:
            raise InvalidPrompt(problems)
        return draft

    def _write(self, tenant: str, draft: Draft, before: Prompt | None, by: str) -> tuple[Prompt, PromptVersion, bool]:
        at = self.now()
        here = before is not None and not before.deleted
        newest = self.store.version(tenant, draft.name, before.version) if before is not None and here else None
        fresh = newest is None or newest.content_hash != draft.content_hash
        version = _version(draft, (before.version if before else 0) + 1, at, by) if fresh or newest is None else newest
        row = Prompt(
            name=draft.name,
            version=version.number,
            revision=(before.revision if before else 0) + 1,
            created_at=before.created_at if before else at,
            updated_at=at,
            updated_by=by,
            description=draft.description,
            tags=draft.tags,
            labels=before.labels if before is not None and here else {},
        )
        changes: list[LabelChange] = []
        for label in draft.labels:
            if label not in row.labels or row.labels[label].version != version.number:
                row, change = moved(row, label, version.number, at, by)
                changes.append(change)
        if len(row.labels) > MAX_LABELS:
            raise InvalidCommand(f"a prompt has at most {MAX_LABELS} labels", code="prompt_too_many_labels")
        told = (before.description, before.tags) if before is not None and here else None
        if before is not None and not fresh and not changes and told == (row.description, row.tags):
            return before, version, False
        self.store.save(tenant, row, before=before, version=version if fresh else None, changes=tuple(changes))
        return row, version, fresh


def _version(draft: Draft, number: int, at: datetime, by: str) -> PromptVersion:
    return PromptVersion(
        prompt=draft.name,
        number=number,
        content=draft.content,
        templates=draft.templates,
        content_hash=draft.content_hash,
        created_at=at,
        created_by=by,
        syntax=draft.syntax,
        variables=draft.variables,
        output_format=draft.output_format,
        includes=draft.includes,
        tests=draft.tests,
        note=draft.note,
    )


def _broken_includes(tenant: str, version: PromptVersion, reader: RenderPrompt) -> list[PromptProblem]:
    """Return a problem for each include that leads nowhere, too deep, or back to the prompt itself."""

    def load(reference: str) -> PromptVersion:
        ref = parse_ref(reference)
        # Whatever of this prompt is not named by its number will sooner or later be the version that is saved now.
        return version if ref.name == version.prompt and ref.number is None else reader.find(tenant, reference)

    problems = []
    for reference in version.includes:
        try:
            included(replace(version, includes=(reference,)), load)
        except HeddleError as error:
            code = "PROMPT_INCLUDE_NOT_FOUND" if isinstance(error, NotFound) else error.code.upper()
            problems.append(PromptProblem(code, f"include {reference!r}: {error.message}", "content"))
    if not problems:
        try:
            included(version, load)
        except InvalidCommand as error:
            problems.append(PromptProblem(error.code.upper(), error.message, "content"))
    return problems


def _failure(tenant: str, version: PromptVersion, test: PromptTest, reader: RenderPrompt) -> str | None:
    """Return why a test fails: its render is an error, or does not come out as it says."""
    try:
        rendered = reader.version(version, tenant, test.variables)
    except InvalidCommand as error:
        return error.message
    text = "\n".join(part for part in (rendered.system, rendered.text) if part)
    if test.expect is not None and text.strip("\n") != test.expect.strip("\n"):
        return f"expected {_short(test.expect)}, got {_short(text)}"
    missing = [part for part in test.expect_contains if part not in text]
    return f"{_short(missing[0])} is not in {_short(text)}" if missing else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 300 else text[:299] + "…")
