"""Timers and their schedules come together again, whatever a crash between the two has left."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.triggers import MemorySchedules, MemoryTriggerStore
from heddle.application.triggers.repair_schedules import SETTLED, RepairSchedules
from heddle.domain.triggers.trigger import Trigger

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def timer(trigger_id: str, tenant: str = "acme", **changes: Any) -> Trigger:
    config = {"schedule": "rate(1 hour)", "timezone": "UTC"}
    made = Trigger(trigger_id, tenant, "t", "timer", "w", config, created_at=NOON.isoformat())
    return replace(made, **changes)


@dataclass
class World:
    """Triggers and schedules, and what compares them."""

    triggers: MemoryTriggerStore = field(default_factory=MemoryTriggerStore)
    schedules: MemorySchedules = field(default_factory=MemorySchedules)

    def save(self, *triggers: Trigger, schedule: bool = True) -> None:
        for trigger in triggers:
            self.triggers.put(trigger)
            if schedule:
                self.schedules.put(trigger)

    def drifted(self, tenant: str | None = None, *, dry_run: bool = False) -> set[tuple[str, str, str]]:
        use_case = RepairSchedules(self.triggers, self.schedules, lambda: NOON)
        found = use_case.of_tenant(tenant, dry_run=dry_run) if tenant else use_case.of_stage(dry_run=dry_run)
        return {(each.trigger_id, each.tenant, each.drift) for each in found}


@pytest.fixture
def world() -> World:
    made = World()
    made.save(timer("right"), timer("theirs", "globex"))
    made.save(timer("lost"), schedule=False)
    made.save(timer("changed"))
    made.schedules.put(timer("changed", enabled=False))
    made.schedules.put(timer("deleted"))
    return made


ALL = {("lost", "acme", "missing"), ("changed", "acme", "different"), ("deleted", "", "surplus")}


def test_what_is_right_stays_and_all_else_is_made_right(world: World) -> None:
    assert world.drifted() == ALL

    assert world.drifted() == set()
    assert set(world.schedules.schedules) == {"right", "theirs", "lost", "changed"}
    assert world.schedules.schedules["changed"].enabled


def test_looking_changes_nothing(world: World) -> None:
    before = dict(world.schedules.schedules)

    assert world.drifted(dry_run=True) == ALL

    assert world.schedules.schedules == before


def test_of_one_tenant_nothing_of_another_is_looked_at_or_changed(world: World) -> None:
    world.save(timer("lost-too", "globex"), schedule=False)

    assert world.drifted("acme") == {("lost", "acme", "missing"), ("changed", "acme", "different")}
    assert "lost-too" not in world.schedules.schedules
    assert world.drifted("globex") == {("lost-too", "globex", "missing")}


def test_all_pages_of_a_tenant_are_looked_at(world: World) -> None:
    world.save(*(timer(f"t{number:03}") for number in range(250)), schedule=False)

    assert len(world.drifted("acme")) == 252


def test_a_schedule_that_is_quite_new_may_get_its_trigger_yet(world: World) -> None:
    world.schedules.made_at["deleted"] = NOON - SETTLED + timedelta(seconds=1)

    assert "deleted" not in {each for each, _, _ in world.drifted()}
    assert "deleted" in world.schedules.schedules


def test_a_schedule_of_a_trigger_that_is_no_timer_any_more_goes(world: World) -> None:
    world.save(replace(timer("hook"), kind="webhook"))

    assert ("hook", "acme", "surplus") in world.drifted()
    assert "hook" not in world.schedules.schedules


class Meddled(MemorySchedules):
    """Somebody changes the trigger while its schedule is put."""

    meddle: Callable[[], None] | None = None

    def put(self, trigger: Trigger) -> None:
        super().put(trigger)
        if self.meddle is not None:
            meddle, self.meddle = self.meddle, None
            meddle()


def test_a_change_in_between_is_not_undone() -> None:
    world = World(schedules=Meddled())
    world.save(timer("lost"), schedule=False)
    assert isinstance(world.schedules, Meddled)
    world.schedules.meddle = lambda: world.triggers.put(timer("lost", enabled=False, revision=2))

    assert [each for each, _, _ in world.drifted("acme")] == ["lost"]
    assert not world.schedules.schedules["lost"].enabled


def test_a_trigger_that_is_deleted_in_between_leaves_no_schedule() -> None:
    world = World(schedules=Meddled())
    world.save(timer("lost"), schedule=False)
    assert isinstance(world.schedules, Meddled)
    world.schedules.meddle = lambda: world.triggers.delete(timer("lost"))

    world.drifted("acme")

    assert world.schedules.schedules == {}
