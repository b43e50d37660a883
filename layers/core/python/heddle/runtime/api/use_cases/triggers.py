"""Triggers and events, which start runs."""

from functools import cached_property
from typing import TYPE_CHECKING

from heddle.runtime.api.use_cases.runs import RunUseCases

if TYPE_CHECKING:
    from heddle.application.triggers.fire_trigger import FireTrigger
    from heddle.application.triggers.put_events import PutEvents
    from heddle.application.triggers.save_trigger import SaveTrigger


class TriggerUseCases(RunUseCases):
    """What starts runs by itself."""

    @cached_property
    def save_trigger(self) -> "SaveTrigger":
        """Make, change and delete triggers."""
        from heddle.application.triggers.save_trigger import SaveTrigger

        ports = self.ports
        return SaveTrigger(ports.triggers, ports.catalog, ports.schedules, ports.hook_secrets, self.now)

    @cached_property
    def fire_trigger(self) -> "FireTrigger":
        """Fire a trigger by hand."""
        from heddle.application.triggers.fire_trigger import FireTrigger

        return FireTrigger(self.request_run, self.ports.firings, self.now)

    @cached_property
    def put_events(self) -> "PutEvents":
        """Put a tenant's events on the bus."""
        from heddle.application.triggers.put_events import PutEvents

        return PutEvents(self.ports.custom_events, self.now)
