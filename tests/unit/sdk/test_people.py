"""`client.rules`, `messages`, `notifications` and `heddle rules` against the API itself, in this process."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from heddle.application.ports.messages import StoredMessage, of_topic
from heddle.testing.api import ApiStage
from heddle_cli.app import app
from heddle_cli.commands import rules
from heddle_sdk import Client
from heddle_sdk.errors import ApiError


@pytest.fixture
def stage() -> ApiStage:
    return ApiStage()


@pytest.fixture
def client(stage: ApiStage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Return a client whose requests go to an API in this process, and give it to the command too."""
    admin = stage.user("ada", tenant="acme", roles=("admin",))

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        headers = {**admin.headers, "Content-Type": request.headers.get("Content-Type", "application/json")}
        got = stage.send(request.method, path, headers=headers, body=request.content.decode() or None)
        return httpx.Response(got.status, text=got.body)

    with Client("http://heddle/api", token="t", http=httpx.Client(transport=httpx.MockTransport(answer))) as made:
        monkeypatch.setattr(rules, "connect", lambda stage, key: made)
        monkeypatch.setattr(made, "close", lambda: None)
        yield made


def heddle(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["rules", *words])
    assert result.exit_code == code, result.output
    return result


def test_rules_are_kept_and_tried_by_command(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "quiet.yaml"
    file.write_text('name: quiet\nmatch: {topic: "^secret"}\naction: deny\n')

    assert "no rules yet" in heddle("list").output
    assert "block_spam" in heddle("presets").output
    heddle("save", str(file))
    heddle("install", "block_spam")
    assert "denied by quiet" in heddle("test", "topic=secret.x", "payload=1", code=1).output
    assert "allowed" in heddle("test", "topic=open", "payload=1").output
    assert json.loads(heddle("show", "quiet", "--json").output)["action"] == "deny"
    assert [each["name"] for each in json.loads(heddle("list", "--json").output)] == ["block_spam", "quiet"]
    heddle("delete", "quiet")
    assert [rule.name for rule in client.rules.list()] == ["block_spam"]


def test_settings_decide_about_what_no_rule_matched(client: Client) -> None:
    client.rules.settings(default_action="RequireMatch")

    assert client.rules.test({"payload": 1})["denied_by"] == "default"
    assert client.rules.test({"payload": 1}, rules=[{"name": "all"}])["allowed"]


def test_messages_are_read_over_all_pages(client: Client, stage: ApiStage) -> None:
    for number in range(7):
        stored = StoredMessage(f"m{number}", "Broadcast", "ada", f"note {number}", "2026-01-01", {})
        stage.ports.people.messages.add("acme", of_topic("news.eu"), stored)

    assert [each.id for each in client.messages.of_topic("news.eu", limit=3)] == [f"m{n}" for n in range(6, -1, -1)]
    assert [each.payload for each in client.messages.of_topic("news.eu", words="Note 3")] == ["note 3"]
    assert list(client.messages.with_user("bob")) == []
    assert list(client.messages.conversations()) == []
    assert client.messages.presence("bob")[0].status == "Offline"


def test_notifications_are_sent_listed_and_read(client: Client) -> None:
    me = client.me().principal.partition(":")[2]
    made = client.notifications.send(me, "look", level="warning")

    assert [each.id for each in client.notifications.list(unread=True)] == [made.id]
    assert client.notifications.mark_read(made.id).read_at
    assert list(client.notifications.list(unread=True)) == []
    assert (
        client.notifications.prefer(max_per_hour=3)["max_per_hour"]
        == client.notifications.preferences()["max_per_hour"]
    )
    with pytest.raises(ApiError, match="time zone"):
        client.notifications.prefer(quiet_hours={"start": "22:00", "end": "07:00", "timezone": "Mars"})
