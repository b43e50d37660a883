"""Folders, ports, locks and files of a stage."""

import multiprocessing
import socket
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from heddle_cli.stage.home import Home, choose_ports, holder, is_free, locked, read_json, write_json
from heddle_cli.stage.lifecycle import facts
from heddle_cli.stage.stage_file import StageFile, addresses


def hold_until(path: str, held: Event, release: Event) -> None:
    with locked(Path(path)):
        Path(path).write_text("4711")
        held.set()
        release.wait(10)


def test_ports_are_found_and_then_kept(tmp_path: Path) -> None:
    home = Home(tmp_path / "a stage")
    home.create()

    first, moved = choose_ports(home)
    second, moved_again = choose_ports(home)

    assert first == second
    assert len(set(first.values())) == 3
    assert moved == moved_again == []


def test_a_port_that_someone_else_took_is_replaced_and_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    ports, _ = choose_ports(home)

    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["edge"]))
        other.listen()
        assert not is_free(ports["edge"])
        changed, moved = choose_ports(home)

    assert moved == ["edge"]
    assert changed["edge"] != ports["edge"]
    assert changed["emulator"] == ports["emulator"]


def test_a_lock_ends_with_its_process_so_it_is_never_stale(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    process = context.Process(target=hold_until, args=(str(lock), held, release))
    process.start()
    assert held.wait(30)

    while_held = holder(lock)
    process.kill()
    process.join(10)

    assert while_held == 4711
    assert holder(lock) is None


def test_a_stage_whose_supervisor_is_gone_is_crashed_not_ready(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    assert facts(home)["state"] == "absent"

    write_json(home.runtime_file, {"state": "ready", "supervisor": 1})

    assert facts(home)["state"] == "crashed"


def test_a_file_that_was_cut_off_reads_as_nothing(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text('{"state": "re')

    assert read_json(file) == {}


def test_the_stage_file_has_exactly_the_documented_keys(tmp_path: Path) -> None:
    file = tmp_path / "stage.json"
    stage = StageFile(**addresses(8780), tenant="demo", user="u", password="p", api_key="k")

    stage.write(file)

    assert list(read_json(file)) == [
        "app_url", "api_url", "ws_url", "graphql_url", "mcp_url", "tenant", "user", "password", "api_key",
    ]  # fmt: skip
    assert StageFile.read(file) == stage
    assert file.stat().st_mode & 0o077 == 0


def test_a_stage_file_that_is_not_whole_is_none(tmp_path: Path) -> None:
    file = tmp_path / "stage.json"
    write_json(file, {"api_url": "http://127.0.0.1:1/api"})

    assert StageFile.read(file) is None


def test_heddle_home_names_another_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_HOME", str(tmp_path / "other one"))

    assert Home.find().path == (tmp_path / "other one").resolve()
