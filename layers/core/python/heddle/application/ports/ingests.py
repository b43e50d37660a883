"""Starting what reads a document and makes it searchable."""

from collections.abc import Mapping
from typing import Any, Protocol

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class IngestJob:
    """One reading of one version. `id` names it for ever: starting the same one twice starts it once.

    `model` is who embeds (None: whoever the tenant's alias `embed` means), `upload` what is forgotten once it is done.
    `again`: what is searched is replaced even if this version was ready before.
    """

    id: str
    tenant: str
    document_id: str
    version: int
    object: str
    media_type: str
    filename: str
    principal: str
    correlation_id: str
    language: str = ""
    model: str | None = None
    upload: str | None = None
    again: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as the state machine's input."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "IngestJob":
        """Return the job of a state machine's input; what else is in there is left aside."""
        return cls(**{name: value[name] for name in cls.__slots__ if name in value})


class Ingests(Protocol):
    """Executions that ingest."""

    def start(self, job: IngestJob) -> None:
        """Start it, unless it was started before. UpstreamUnavailable if that cannot be said."""
        ...


class Reembeds(Protocol):
    """Executions that make vectors anew."""

    def start(self, tenant: str, name: str, state: Mapping[str, Any]) -> None:
        """Start it, unless one of that name was started before."""
        ...
