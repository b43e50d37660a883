"""What the stores of model settings and of circuit breakers promise, whatever keeps them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from heddle.application.models.breakers import BELIEVED_SECONDS, Breakers
from heddle.domain.models.breaker import FAILURES, OPEN_SECONDS, TRIAL_MARGIN, Circuit
from heddle.domain.models.settings import ModelRef, ModelSettings, PriceOverride, ProviderConfig
from heddle.errors import VersionConflict
from tests.contract.aws import Stores

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = timedelta(seconds=BELIEVED_SECONDS + 1)
SETTINGS = ModelSettings(
    providers={
        "azure": ProviderConfig(
            "azure", "azure-openai", base_url="https://acme.openai.azure.com", profiles={"gpt-4o": "our-chat"}
        )
    },
    aliases={"best": (ModelRef("azure", "gpt-4o"), ModelRef("openai"))},
    prices=(PriceOverride("azure", "gpt-4o", "2.5", "10", "2026-11-01T00:00:00+00:00"),),
    price_ceiling=("10", "30"),
    cache_seconds=60,
)

# --- model settings


def test_settings_come_back_as_they_were_saved(stores: Stores, tenant: str, stranger: str) -> None:
    saved = stores.model_settings.save(tenant, SETTINGS, expected_version=0)

    assert saved == replace(SETTINGS, version=1)
    assert stores.model_settings.get(tenant) == saved
    assert stores.model_settings.get(stranger) == ModelSettings(), "another tenant has its own"


def test_settings_are_replaced_only_behind_the_version_that_was_seen(stores: Stores, tenant: str) -> None:
    first = stores.model_settings.save(tenant, SETTINGS, expected_version=0)
    second = stores.model_settings.save(tenant, replace(first, cache_seconds=1), expected_version=1)

    for version in (0, 1, 3):
        with pytest.raises(VersionConflict):
            stores.model_settings.save(tenant, ModelSettings(), expected_version=version)
    assert stores.model_settings.get(tenant) == second


def test_of_parallel_savers_one_wins(stores: Stores, tenant: str) -> None:
    def save(seconds: int) -> bool:
        try:
            stores.model_settings.save(tenant, ModelSettings(cache_seconds=seconds), expected_version=0)
        except VersionConflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(save, range(8)))

    assert sum(won) == 1
    assert stores.model_settings.get(tenant).cache_seconds == won.index(True)


def test_settings_with_a_thousand_prices_fit(stores: Stores, tenant: str) -> None:
    prices = tuple(PriceOverride("openai", f"model-{number}", "1", "2", NOW.isoformat()) for number in range(1000))

    stores.model_settings.save(tenant, ModelSettings(prices=prices), expected_version=0)

    assert stores.model_settings.get(tenant).prices == prices


# --- circuits


def test_a_circuit_is_written_only_on_top_of_the_version_that_was_read(
    stores: Stores, tenant: str, stranger: str
) -> None:
    forget_at = NOW + timedelta(hours=1)

    first = stores.circuits.write(tenant, "openai", Circuit((1.5,)), forget_at=forget_at)
    stale = stores.circuits.write(tenant, "openai", Circuit(()), forget_at=forget_at)
    second = stores.circuits.write(tenant, "openai", Circuit((), 2.25, "c1", 3.5, version=1), forget_at=forget_at)

    assert (first, stale, second) == (True, False, True)
    assert stores.circuits.read(tenant, "openai") == Circuit((), 2.25, "c1", 3.5, version=2)
    assert stores.circuits.read(tenant, "anthropic") == Circuit()
    assert stores.circuits.read(stranger, "openai") == Circuit()


def test_all_circuits_of_a_tenant_are_read_together(stores: Stores, tenant: str, stranger: str) -> None:
    for owner, provider in ((tenant, "a"), (tenant, "b"), (stranger, "c")):
        stores.circuits.write(owner, provider, Circuit((), 1.0), forget_at=NOW)

    assert set(stores.circuits.read_all(tenant)) == {"a", "b"}


# --- breakers over them: two processes that share a store


def fail(breakers: Breakers, tenant: str, times: int, *, at: datetime = NOW, code: str = "llm_unavailable") -> None:
    for number in range(times):
        breakers.failed(tenant, "openai", f"f{number}", code=code, now=at)


def allowed(breakers: Breakers, tenant: str, at: datetime, call_id: str = "c") -> bool:
    return breakers.admit(tenant, "openai", call_id, now=at, seconds=30).allowed


def test_failures_of_two_processes_open_one_circuit_for_both(stores: Stores, tenant: str, stranger: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    assert allowed(there, tenant, NOW - LATER)
    fail(here, tenant, FAILURES - 1)
    assert allowed(here, tenant, NOW)

    fail(there, tenant, 1)

    assert [allowed(each, tenant, NOW + LATER) for each in (here, there)] == [False, False]
    assert allowed(here, stranger, NOW), "another tenant's provider is another one"
    assert here.admit(tenant, "anthropic", "c", now=NOW, seconds=30).allowed, "and so is another provider"


def test_an_open_circuit_says_when_to_ask_again_and_how_it_stands(stores: Stores, tenant: str) -> None:
    here = Breakers(stores.circuits)
    fail(here, tenant, FAILURES)

    refused = here.admit(tenant, "openai", "c", now=NOW + timedelta(seconds=10), seconds=30)

    assert (refused.allowed, refused.retry_after) == (False, OPEN_SECONDS - 10)
    assert here.states(tenant, now=NOW) == {"openai": "open"}
    assert here.states(tenant, now=NOW + timedelta(seconds=OPEN_SECONDS)) == {"openai": "half_open"}


def test_of_two_processes_one_has_the_trial(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    fail(here, tenant, FAILURES)
    half_open = NOW + timedelta(seconds=OPEN_SECONDS)

    with ThreadPoolExecutor(2) as pool:
        found = list(
            pool.map(
                lambda each: each[0].admit(tenant, "openai", each[1], now=half_open, seconds=30),
                [(here, "a"), (there, "b")],
            )
        )

    assert sorted(each.allowed for each in found) == [False, True]
    assert [each.trial for each in found if each.allowed] == [True]
    assert all(each.retry_after > 0 for each in found if not each.allowed)


def test_a_trial_that_succeeds_closes_the_circuit_for_all(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    fail(here, tenant, FAILURES)
    half_open = NOW + timedelta(seconds=OPEN_SECONDS)
    assert allowed(here, tenant, half_open, "trial")

    here.succeeded(tenant, "openai", "trial", now=half_open)

    assert allowed(there, tenant, half_open)
    assert here.states(tenant, now=half_open) == {}


def test_a_trial_that_fails_opens_the_circuit_again(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    fail(here, tenant, FAILURES)
    half_open = NOW + timedelta(seconds=OPEN_SECONDS)
    assert allowed(here, tenant, half_open, "trial")

    here.failed(tenant, "openai", "trial", code="llm_timeout", now=half_open)

    again = there.admit(tenant, "openai", "x", now=half_open + timedelta(seconds=1), seconds=30)
    assert (again.allowed, again.retry_after) == (False, OPEN_SECONDS - 1)


def test_a_trial_that_says_nothing_makes_room_for_the_next(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    fail(here, tenant, FAILURES)
    half_open = NOW + timedelta(seconds=OPEN_SECONDS)
    assert allowed(here, tenant, half_open, "trial")

    here.failed(tenant, "openai", "trial", code="llm_bad_request", now=half_open)

    assert there.admit(tenant, "openai", "next", now=half_open, seconds=30).trial


def test_a_trial_whose_process_died_is_taken_over_after_its_time(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    fail(here, tenant, FAILURES)
    half_open = NOW + timedelta(seconds=OPEN_SECONDS)
    assert allowed(here, tenant, half_open, "lost")
    lost = half_open + timedelta(seconds=30 + TRIAL_MARGIN)

    assert not allowed(there, tenant, lost - timedelta(seconds=1))
    assert allowed(there, tenant, lost)


def test_failures_that_are_not_of_the_provider_open_nothing(stores: Stores, tenant: str) -> None:
    here = Breakers(stores.circuits)
    for code in ("llm_auth", "llm_quota_exceeded", "llm_rate_limited", "llm_refused", "llm_bad_request"):
        fail(here, tenant, FAILURES, code=code)

    assert allowed(here, tenant, NOW)
    assert here.states(tenant, now=NOW) == {}


def test_a_success_between_failures_begins_the_count_anew(stores: Stores, tenant: str) -> None:
    here = Breakers(stores.circuits)
    fail(here, tenant, FAILURES - 1)
    here.succeeded(tenant, "openai", "c", now=NOW)
    fail(here, tenant, FAILURES - 1)

    assert allowed(here, tenant, NOW)


def test_failures_that_are_a_minute_apart_open_nothing(stores: Stores, tenant: str) -> None:
    here = Breakers(stores.circuits)
    fail(here, tenant, FAILURES - 1)
    fail(here, tenant, 1, at=NOW + timedelta(seconds=61))

    assert allowed(here, tenant, NOW + timedelta(seconds=61))


def test_parallel_failures_are_all_counted(stores: Stores, tenant: str) -> None:
    here, there = Breakers(stores.circuits), Breakers(stores.circuits)
    with ThreadPoolExecutor(FAILURES) as pool:
        calls = [(here, there)[number % 2] for number in range(FAILURES)]
        list(pool.map(lambda each: fail(each, tenant, 1), calls))

    assert not allowed(there, tenant, NOW + LATER)
