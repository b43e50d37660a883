"""`heddle webhooks` over a whole stage in this process."""

import json

import pytest

from heddle.testing.api import ApiStage
from heddle_sdk import Client
from tests.unit.cli.conftest import Command


@pytest.fixture(autouse=True)
def connected(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heddle_cli.commands.webhooks.connect", lambda stage, key: client)


def test_the_secret_is_shown_and_made_anew(heddle: Command) -> None:
    before = heddle("webhooks", "secret").stdout.strip()

    made = json.loads(heddle("webhooks", "rotate-secret", "--overlap", "2", "--json").stdout)

    assert before.startswith("whsec_") and made["secret"] != before
    assert json.loads(heddle("webhooks", "secret", "--json").stdout) == made
    assert "signs until" in heddle("webhooks", "rotate-secret").stdout


def test_a_receiver_is_tried_out(heddle: Command, whole_stage: ApiStage) -> None:
    said = heddle("webhooks", "test", "https://example.com/hooks", "--data", '{"n": 1}').stdout

    (delivery,) = whole_stage.ports.deliveries.waiting
    assert delivery.webhook.id in said
    assert (delivery.webhook.url, delivery.webhook.data) == ("https://example.com/hooks", {"n": 1})


@pytest.mark.parametrize("data", ["[1]", "{"])
def test_data_that_is_no_object_is_not_sent(heddle: Command, whole_stage: ApiStage, data: str) -> None:
    assert heddle("webhooks", "test", "https://example.com/", "--data", data).exit_code != 0
    assert whole_stage.ports.deliveries.waiting == []
