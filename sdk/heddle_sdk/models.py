"""What the API answers, as frozen objects. Unknown fields stay in `raw`: a newer service breaks no older client."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_origin

T = TypeVar("T", bound="Answer")

ENDED = frozenset({"succeeded", "failed", "cancelled"})
"""The statuses that a run does not leave by itself."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Base of all answers; `raw` is the JSON object as it came."""

    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_json(cls: type[T], value: Mapping[str, Any]) -> T:
        """Take the fields that this class knows; missing ones get their defaults."""
        given = {f.name: _frozen(f.type, value[f.name]) for f in fields(cls) if f.name != "raw" and f.name in value}
        return cls(raw=value, **given)


def _frozen(kind: Any, value: Any) -> Any:
    """Return lists as tuples where the field is one."""
    return tuple(value) if get_origin(kind) is tuple and isinstance(value, list) else value


@dataclass(frozen=True, kw_only=True)
class Identity(Answer):
    """Who the credential stands for."""

    tenant: str
    principal: str
    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    expires_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class Workflow(Answer):
    """A workflow at its newest version; lists leave `document` empty."""

    id: str
    name: str = ""
    version: int = 0
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    created_at: str = ""
    updated_at: str = ""
    updated_by: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)
    mode: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Validation(Answer):
    """Whether a definition is good, and if not, every rule that it breaks."""

    valid: bool
    problems: tuple[Mapping[str, Any], ...] = ()
    plan: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NodeRun(Answer):
    """One node of a run."""

    node_id: str
    status: str
    attempt: int = 0
    scheduled_at: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: float | None = None
    output: Any = None
    error: Mapping[str, Any] | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    items_total: int | None = None
    items_done: int = 0
    skipped_reason: str | None = None
    cached: bool = False


@dataclass(frozen=True, kw_only=True)
class RunData(Answer):
    """A run as it was at one moment. `client.runs` gives `Run`, which can also do things."""

    id: str
    workflow_id: str = ""
    workflow_version: int = 0
    status: str = "queued"
    mode: str | None = None
    reason: str | None = None
    requested_at: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    duration_ms: float | None = None
    input: Any = None
    output: Any = None
    error: Mapping[str, Any] | None = None
    cost_usd: str = "0"
    infrastructure_usd: str = "0"
    cost: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    priority: str = "normal"
    progress: Mapping[str, int] = field(default_factory=dict)
    nodes: tuple[NodeRun, ...] = ()
    correlation_id: str = ""

    @property
    def ended(self) -> bool:
        """Whether it has succeeded, failed or been cancelled."""
        return self.status in ENDED


@dataclass(frozen=True, kw_only=True)
class RunEvent(Answer):
    """A fact of a run's history; `version` counts from 1 without gaps."""

    id: str
    version: int
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)
    occurred_at: str = ""
    schema_version: int = 1


@dataclass(frozen=True, kw_only=True)
class Frame(Answer):
    """A piece of a run's live output; `seq` counts from 1 without gaps. `type`: token, tool, restart, gap, done, error.

    `node_id`, `attempt` and `item` say whose it is. `heddle_sdk.live.LiveText` puts the text of several together.
    """

    seq: int
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    at: str = ""

    @property
    def node_id(self) -> str:
        """The node that writes."""
        return str(self.data.get("node_id", ""))

    @property
    def attempt(self) -> int:
        """Which attempt at the node."""
        return int(self.data.get("attempt", 1))

    @property
    def item(self) -> int | None:
        """Which item of a `for_each`, from 0."""
        return self.data.get("item")

    @property
    def text(self) -> str:
        """The text of a token frame; empty of others."""
        return str(self.data.get("text", ""))


@dataclass(frozen=True, kw_only=True)
class Approval(Answer):
    """A run that waits for somebody's decision."""

    id: str
    run_id: str = ""
    node_id: str = ""
    created_at: str = ""
    expires_at: str | None = None
    message: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Uploaded(Answer):
    """A file that was uploaded: name `object` in a run's input as {"object": …}."""

    object: str
    media_type: str = "application/octet-stream"
    bytes: int = 0

    def as_input(self) -> dict[str, str]:
        """How a run's input names it."""
        return {"object": self.object, "media_type": self.media_type}


@dataclass(frozen=True, kw_only=True)
class ApiKey(Answer):
    """An API key; `key` is there only in the answer that made it."""

    id: str
    name: str = ""
    roles: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    created_at: str = ""
    expires_at: str | None = None
    revoked_at: str | None = None
    key: str | None = None
