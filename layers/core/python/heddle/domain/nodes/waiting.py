"""What the waiting node types (delay, approval, workflow) ask for, read from their rendered config. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from heddle.domain.nodes.fields import choice_field, integer_field, invalid, number_field, object_field, text_field
from heddle.records import dataclass

YEAR_SECONDS = 31_536_000.0
WEEK_SECONDS = 604_800.0
ROLES = ("viewer", "editor", "admin")
DEFAULT_APPROVERS = ("editor", "admin")


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """A question to a person. `default` says what happens if nobody with one of the roles decides in time."""

    message: str
    details: Any
    approvers: tuple[str, ...]
    timeout: float
    default: str

    def to_json(self) -> dict[str, Any]:
        """Return what the waiting node shows of itself."""
        return {
            "message": self.message,
            "details": self.details,
            "approvers": list(self.approvers),
            "timeout": self.timeout,
            "default": self.default,
        }


@dataclass(frozen=True, slots=True)
class SubRunRequest:
    """A run of another workflow; `version` None is the newest one."""

    workflow_id: str
    version: int | None
    input: dict[str, Any]


def delay_until(config: Mapping[str, Any], now: datetime) -> datetime:
    """Return when a delay ends; a time in the past is `now`. At most a year ahead."""
    seconds, until = config.get("seconds"), config.get("until")
    if (seconds is None) == (until is None):
        raise invalid("seconds", "or `until` must be given, and not both")
    if until is None:
        return now + timedelta(seconds=number_field(config, "seconds", 0.0, low=0.0, high=YEAR_SECONDS))
    try:
        moment = datetime.fromisoformat(text_field(config, "until"))
    except ValueError:
        raise invalid("until", "must be a time in ISO 8601, such as 2026-01-31T09:00:00Z") from None
    if moment.tzinfo is None:
        raise invalid("until", "needs a time zone, for example a Z at its end")
    if moment - now > timedelta(seconds=YEAR_SECONDS):
        raise invalid("until", "must be within a year")
    return max(moment.astimezone(now.tzinfo), now)


def approval_request(config: Mapping[str, Any]) -> ApprovalRequest:
    """Return what an approval asks for."""
    approvers = config.get("approvers")
    roles = DEFAULT_APPROVERS if approvers is None else approvers
    if not isinstance(roles, list | tuple) or not roles or any(role not in ROLES for role in roles):
        raise invalid("approvers", f"must be a list of {', '.join(ROLES)}")
    return ApprovalRequest(
        message=text_field(config, "message"),
        details=config.get("details"),
        approvers=tuple(roles),
        timeout=number_field(config, "timeout", WEEK_SECONDS, low=1.0, high=YEAR_SECONDS),
        default=choice_field(config, "default", ("approve", "reject", "fail"), "fail"),
    )


def sub_run_request(config: Mapping[str, Any]) -> SubRunRequest:
    """Return what a workflow node starts."""
    version = config.get("version")
    return SubRunRequest(
        workflow_id=text_field(config, "workflow_id"),
        version=None if version is None else integer_field(config, "version", 1, low=1, high=2**31),
        input=dict(object_field(config, "input")),
    )
