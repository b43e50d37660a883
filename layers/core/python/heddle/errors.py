"""The errors this platform raises on purpose.

HeddleError
├── InvalidCommand        the caller asked for something the rules forbid            400
│   ├── InvalidInput      a run's input, a body or a parameter breaks its schema     400
│   ├── InvalidWorkflow   a definition breaks one or more validation rules           422
│   └── InvalidPrompt     a prompt breaks one or more rules                          422
├── Unauthenticated       no credential, or one that does not hold                   401
├── Forbidden             the principal's roles do not allow it                      403
├── NotFound              the thing named does not exist (for this tenant)           404
├── Conflict              the state of the thing does not allow it now               409
│   ├── VersionConflict   someone else wrote first; reload and try again             409
│   └── IdempotencyMismatch  the key was used with another body                      409
├── PayloadTooLarge       more bytes than the documented limit                       413
├── NodeError             a node could not do its work; `code` says why              (in runs)
│   ├── ApprovalNeeded    it may go on if a person allows it                         (in runs)
│   └── PluginFailed      a plugin was stopped, or gave nothing that can be used     422, or (in runs)
└── UpstreamUnavailable   a service we call did not answer; worth retrying           503

`code` is part of the API: callers, dashboards and retry rules match on it, so it never changes.
The HTTP status lives in one table in `functions/api`; the comment above only mirrors it.
"""

from collections.abc import Sequence
from dataclasses import field
from typing import Any

from heddle.records import dataclass


class HeddleError(Exception):
    """Base of every deliberate error; `details` carries the facts, never secrets."""

    code: str = "heddle_error"
    retryable: bool = False

    def __init__(self, message: str, *, code: str | None = None, retryable: bool | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


class InvalidCommand(HeddleError):
    """The caller asked for something the rules forbid."""

    code = "invalid_command"


class InvalidInput(InvalidCommand):
    """An input, body or parameter breaks its schema; `details["errors"]` lists {field, message}."""

    code = "invalid_input"


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule of a workflow definition.

    `code` is stable (for example `WF_CYCLE_DETECTED`), `path` points into the document
    (for example `nodes[2].config.template`), `nodes` names the nodes concerned. A `severity` of `warning` does not
    keep a definition from being saved and run.
    """

    code: str
    message: str
    path: str = ""
    nodes: tuple[str, ...] = field(default=())
    severity: str = "error"

    def to_json(self) -> dict[str, Any]:
        """Return the shape the API and the CLI show."""
        return {
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "nodes": list(self.nodes),
            "severity": self.severity,
        }


class InvalidWorkflow(InvalidCommand):
    """A definition breaks validation rules; `problems` lists every one that was found."""

    code = "invalid_workflow"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems[:3]), problems=[p.to_json() for p in problems])
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class PromptProblem:
    """One broken rule of a prompt: `path` points into the document, `line` and `column` (from 1) into that text."""

    code: str
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the shape the API and the CLI show."""
        return {
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "line": self.line,
            "column": self.column,
        }


class InvalidPrompt(InvalidCommand):
    """A prompt breaks rules; `problems` lists every one that was found."""

    code = "invalid_prompt"

    def __init__(self, problems: Sequence[PromptProblem]) -> None:
        super().__init__("; ".join(p.message for p in problems[:3]), problems=[p.to_json() for p in problems])
        self.problems = tuple(problems)


class Unauthenticated(HeddleError):
    """No credential, or one that does not hold."""

    code = "unauthenticated"


class Forbidden(HeddleError):
    """The principal's roles do not allow this."""

    code = "forbidden"


class NotFound(HeddleError):
    """The thing named does not exist, or belongs to another tenant: the two look the same."""

    code = "not_found"


class Conflict(HeddleError):
    """The state of the thing does not allow this now."""

    code = "conflict"


class VersionConflict(Conflict):
    """Someone else wrote first; reload and try again."""

    code = "version_conflict"
    retryable = True


class IdempotencyMismatch(Conflict):
    """The same Idempotency-Key came with another body."""

    code = "idempotency_key_reused"


class PayloadTooLarge(HeddleError):
    """More bytes than the documented limit."""

    code = "payload_too_large"


class NodeError(HeddleError):
    """A node could not do its work. Always raised with a `code`; retry rules match on that code."""

    code = "node_failed"


class ApprovalNeeded(NodeError):
    """A node may only go on if a person allows it; `details` is shown to whoever decides."""

    code = "approval_needed"


class PluginFailed(NodeError):
    """A plugin was stopped, or gave nothing that can be used: its own failure, which nothing around it shares.

    `details["log"]` has the end of what it wrote to standard error.
    """

    code = "plugin_failed"


class UpstreamUnavailable(HeddleError):
    """A service we call did not answer; worth retrying."""

    code = "upstream_unavailable"
    retryable = True
