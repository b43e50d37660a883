"""`client.prompts` and `heddle prompts` against the API itself, in this process."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from heddle.testing.api import ApiStage
from heddle_cli.app import app
from heddle_cli.commands import prompts
from heddle_sdk import Client
from heddle_sdk.errors import ApiError, NotFound

DOCUMENT = """\
name: support
content:
  system: You answer for {{ shop }}.
  user: "{{ question }}"
variables:
  shop: {type: String, default: the loom shop}
  question: String
tests:
  - variables: {question: "Why?"}
    expect_contains: [the loom shop, "Why?"]
labels: [production]
tags: [mail]
"""


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Return a client whose requests go to an API in this process, and give it to the command too."""
    stage = ApiStage()
    editor = stage.user("edda", tenant="acme", roles=("editor",))

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/api")
        headers = {**editor.headers, "Content-Type": request.headers.get("Content-Type", "application/json")}
        got = stage.send(request.method, path, headers=headers, body=request.content.decode() or None)
        return httpx.Response(got.status, text=got.body)

    with Client("http://heddle/api", token="t", http=httpx.Client(transport=httpx.MockTransport(answer))) as made:
        monkeypatch.setattr(prompts, "connect", lambda stage, key: made)
        monkeypatch.setattr(made, "close", lambda: None)
        yield made


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "support.yaml"
    file.write_text(DOCUMENT)
    return file


def heddle(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["prompts", *words])
    assert result.exit_code == code, result.output
    return result


def test_a_prompt_is_saved_labelled_rendered_and_deleted(client: Client, document: Path) -> None:
    first = client.prompts.save(document)
    shorter = {"content": "{{ question }}!", "variables": {"question": "String"}}
    second = client.prompts.save(shorter, name="support", note="short")

    assert (first.version, second.version, first.tags) == (1, 2, ("mail",))
    assert [prompt.name for prompt in client.prompts.list()] == ["support"]
    assert client.prompts.get("support").newest["note"] == "short"
    assert [version.version for version in client.prompts.versions("support")] == [2, 1]
    assert client.prompts.version("support", 1).content["user"] == "{{ question }}"
    assert "+{{ question }}!" in client.prompts.diff("support", 1, 2)["texts"]["user"]
    assert client.prompts.render("support", {"question": "Why?"}).system == "You answer for the loom shop."
    assert client.prompts.set_label("support", "production", 2).labels["production"]["version"] == 2
    assert client.prompts.render("support", {"question": "Why?"}).text == "Why?!"
    assert client.prompts.rollback("support").labels["production"]["version"] == 1
    assert client.prompts.render("support", {"question": "Why?"}, version=2).version == 2
    assert [change["action"] for change in client.prompts.changes("support")] == ["rollback", "set", "set"]
    client.prompts.delete("support")
    with pytest.raises(NotFound):
        client.prompts.get("support")


def test_a_prompt_without_a_name_is_refused_before_it_is_sent(client: Client) -> None:
    with pytest.raises(ValueError, match="has no name"):
        client.prompts.save({"content": "x"})


def test_problems_come_with_the_error(client: Client) -> None:
    with pytest.raises(ApiError) as caught:
        client.prompts.save({"name": "p", "content": "{{ a }}"})

    assert caught.value.problems[0]["code"] == "PROMPT_UNDECLARED_VARIABLE"
    assert not client.prompts.validate({"name": "p", "content": "{{ a }}"}).valid


def test_the_command_saves_and_shows(client: Client, document: Path) -> None:
    assert "no prompts yet" in heddle("list").output
    assert "support is at version 1" in heddle("save", str(document), "--note", "first").output

    listed = heddle("list").output
    shown = heddle("show", "support").output
    whole = json.loads(heddle("show", "support", "--version", "1", "--json").output)

    assert "production → 1" in listed
    assert all(word in shown for word in ("You answer for {{ shop }}.", "question", "required", "first", "set"))
    assert (whole["shown"]["version"], len(whole["versions"]), len(whole["changes"])) == (1, 1, 1)


def test_the_command_renders_compares_and_moves_labels(client: Client, document: Path) -> None:
    heddle("save", str(document))
    changed = DOCUMENT.replace('"{{ question }}"', '"Q: {{ question }}"').replace("labels: [production]\n", "")
    document.write_text(changed)
    heddle("save", str(document))

    rendered = heddle("render", "support", "-v", "question=42").output
    diff = heddle("diff", "support").output
    moved = heddle("label", "support", "production", "2").output
    back = heddle("rollback", "support").output

    assert "You answer for the loom shop." in rendered
    assert "\n42\n" in rendered
    assert "+Q: {{ question }}" in diff
    assert ("is version 2" in moved, "is version 1" in back) == (True, True)
    assert "nothing changed" in heddle("diff", "support", "2", "2").output
    assert "is deleted" in heddle("delete", "support").output


def test_the_command_runs_the_tests_of_a_document(client: Client, document: Path) -> None:
    assert "1 test passed" in heddle("test", str(document)).output

    document.write_text(DOCUMENT.replace('"Why?"]', "Because]"))
    failed = heddle("test", str(document), code=1).output

    assert "PROMPT_TEST_FAILED" in failed
    assert list(client.prompts.list()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("render", "support", "-v", "question=x"),
        ("diff", "support"),
        ("label", "support", "live", "1"),
        ("rollback", "support"),
    ],
)
def test_with_json_the_command_prints_one_document(client: Client, words: tuple[str, ...]) -> None:
    for text in ("one", "two"):
        document: dict[str, Any] = {"name": "support", "content": text, "labels": ["production"]}
        client.prompts.save({**document, "variables": {"question": "String"}})

    assert json.loads(CliRunner().invoke(app, ["prompts", *words, "--json"]).stdout)
