"""The examples of docs/sdk.md and README.md are what they say: executed, in order."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.local.conftest import ROOT, Cli


def blocks(page: Path) -> list[tuple[int, str]]:
    """Return the Python blocks of a page, each with the line where it begins."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start(1)].count("\n") + 1, m[1]) for m in re.finditer(r"```python\n(.*?)```", text, re.DOTALL)]


@pytest.mark.parametrize("page", ["docs/sdk.md", "README.md"])
def test_the_examples_of_the_page_work(page: str, heddle: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEDDLE_HOME", str(heddle.home))
    monkeypatch.chdir(ROOT)
    assert os.environ["HEDDLE_HOME"]
    names: dict[str, Any] = {}

    found = blocks(ROOT / page)
    for line, source in found:
        exec(compile("\n" * (line - 1) + source, page, "exec"), names)

    assert found
