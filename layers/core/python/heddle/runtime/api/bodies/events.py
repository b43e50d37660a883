"""The bodies about events that tenants put."""

from typing import Any

from pydantic import Field

from heddle.runtime.api.bodies.body import Body


class EventsBody(Body):
    """Events, each {type, source, data}; checked together before any is put."""

    events: list[dict[str, Any]] = Field(min_length=1, max_length=10)


BODIES: dict[str, type[Body]] = {"put_events": EventsBody}
