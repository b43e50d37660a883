"""Create, change, enable, disable and delete triggers, and what stands behind them."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from heddle.application.ports.catalog import CatalogStore
from heddle.application.ports.triggers import Schedules, TriggerStore
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.domain.priority import check_priority
from heddle.domain.triggers.kinds import CHECKS
from heddle.domain.triggers.trigger import Trigger, check_mapping, check_presets
from heddle.errors import Conflict, InvalidInput, NotFound, PayloadTooLarge, VersionConflict
from heddle.records import dataclass

MAX_BYTES = 128 * 1024
"""Of input, presets and config together: a trigger is one item of its table, and every matching event reads it."""
CHANGEABLE = frozenset(
    [
        "budget_usd",
        "config",
        "enabled",
        "input",
        "labels",
        "live",
        "mode",
        "name",
        "preset",
        "presets",
        "priority",
        "version",
        "workflow_id",
    ]
)


@dataclass(frozen=True, slots=True)
class SaveTrigger:
    """Writes triggers.

    A timer's schedule is made before its trigger is written: a schedule without a trigger fires into nothing, a
    trigger without a schedule would look as if it worked.
    """

    triggers: TriggerStore
    catalog: CatalogStore
    schedules: Schedules
    hook_secrets: HookSecrets
    now: Callable[[], datetime]

    def create(self, tenant: str, kind: str, *, by: str, **fields: Any) -> tuple[Trigger, str | None]:
        """Return the new trigger, and the secret that was made for it if it is a webhook: it is shown once.

        InvalidInput `invalid_trigger`, `trigger_input_invalid`, `unknown_preset`; of the workflow NotFound, Conflict.
        """
        if kind not in CHECKS:
            raise InvalidInput(f"{kind!r} is no kind of trigger; there are {', '.join(CHECKS)}", code="invalid_trigger")
        at = self.now().isoformat()
        # Not only an id: whoever knows a hook's address can knock there.
        trigger_id = f"trg_{secrets.token_hex(12)}"
        made = Trigger(
            trigger_id,
            tenant,
            kind=kind,  # type: ignore[arg-type]
            created_at=at,
            created_by=by,
            updated_at=at,
            updated_by=by,
            **fields,
        )
        trigger = self._checked(made)
        if kind == "webhook":
            trigger = replace(trigger, config=self.hook_secrets.begin(trigger.config))
        if kind == "timer":
            self.schedules.put(trigger)
        self.triggers.put(trigger)
        return trigger, self.hook_secrets.newest(trigger)

    def change(
        self, tenant: str, trigger_id: str, changes: Mapping[str, Any], *, by: str, expected_revision: int | None = None
    ) -> Trigger:
        """Change some fields; VersionConflict if the trigger is not at the revision that was expected."""
        before = self.find(tenant, trigger_id)
        if expected_revision is not None and expected_revision != before.revision:
            raise VersionConflict(f"the trigger is at revision {before.revision}, not {expected_revision}")
        changed = {name: value for name, value in changes.items() if name in CHANGEABLE}
        trigger = self._checked(replace(before, **changed), config="config" in changed)
        if before.kind == "webhook":
            trigger = replace(trigger, config=self.hook_secrets.keep(before.config, trigger.config))
        return self._write(before, trigger, by)

    def enable(self, tenant: str, trigger_id: str, enabled: bool, *, by: str) -> Trigger:
        """Enable or disable it; if it is so already nothing changes, but a timer's schedule is put again."""
        before = self.find(tenant, trigger_id)
        if before.enabled == enabled:
            if before.kind == "timer":
                self.schedules.put(before)
            return before
        return self._write(before, replace(before, enabled=enabled), by)

    def rotate_secret(self, tenant: str, trigger_id: str, *, overlap_hours: int, by: str) -> tuple[Trigger, str]:
        """Make a new secret; the one before works on for so many hours. Returns the trigger and the new secret."""
        before = self.find(tenant, trigger_id)
        if before.kind != "webhook" or before.config["secrets"]:
            raise Conflict(
                "only a webhook whose secret was made here has one to rotate: change the tenant's secret that it names",
                code="trigger_has_no_secret",
            )
        config = self.hook_secrets.rotated(before.config, overlap_hours, self.now())
        trigger = self._write(before, replace(before, config=config), by)
        return trigger, self.hook_secrets.newest(trigger) or ""

    def delete(self, tenant: str, trigger_id: str) -> None:
        """Delete it; its history ends by itself."""
        trigger = self.find(tenant, trigger_id)
        if trigger.kind == "timer":
            self.schedules.delete(trigger.id)
        self.triggers.delete(trigger)

    def find(self, tenant: str, trigger_id: str) -> Trigger:
        """Return the tenant's trigger; NotFound `trigger_not_found`."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None or trigger.tenant != tenant:
            raise NotFound(f"there is no trigger {trigger_id!r}", code="trigger_not_found", trigger_id=trigger_id)
        return trigger

    def _write(self, before: Trigger, after: Trigger, by: str) -> Trigger:
        trigger = replace(after, revision=before.revision + 1, updated_at=self.now().isoformat(), updated_by=by)
        self.triggers.put(trigger)
        if trigger.kind == "timer":
            self.schedules.put(trigger)
        return trigger

    def _checked(self, trigger: Trigger, *, config: bool = True) -> Trigger:
        check_mapping(trigger.input)
        check_presets(trigger.presets, trigger.preset)
        _check_size(trigger)
        check_priority(trigger.priority)
        workflow = self.catalog.workflow(trigger.tenant, trigger.workflow_id)
        if workflow is None:
            raise NotFound(f"there is no workflow {trigger.workflow_id!r}", code="workflow_not_found")
        if workflow.deleted:
            raise Conflict(f"the workflow {trigger.workflow_id!r} was deleted", code="workflow_deleted")
        if trigger.version is not None and not 1 <= trigger.version <= workflow.version:
            message = f"workflow {trigger.workflow_id!r} has no version {trigger.version}"
            raise NotFound(message, code="version_not_found")
        if not config:
            return trigger  # a timer whose last time is past can still be renamed
        own = ("generation", "previous_until")
        given = {name: value for name, value in trigger.config.items() if name not in own}
        return replace(trigger, config=CHECKS[trigger.kind](given))


def _check_size(trigger: Trigger) -> None:
    size = len(orjson.dumps([trigger.input, trigger.presets, trigger.config]))
    if size > MAX_BYTES:
        raise PayloadTooLarge(
            f"input, presets and config have {size} bytes together; at most {MAX_BYTES} are taken",
            code="trigger_too_large",
        )
