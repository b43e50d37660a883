"""The examples in docs/concepts are executed: Python in order, page by page; YAML workflows are compiled."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from heddle.domain.engine.compile import compile_workflow
from heddle.domain.workflow.definition import parse_document

PAGES = sorted((Path(__file__).parents[3] / "docs" / "concepts").glob("*.md"))
BLOCK = re.compile(r"^```(python|yaml)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_the_python_of_a_page_runs(page: Path) -> None:
    names: dict[str, Any] = {"__name__": page.stem}
    for code in blocks(page, "python"):
        exec(compile(textwrap.dedent(code), str(page), "exec"), names)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.stem)
def test_the_workflows_of_a_page_compile(page: Path) -> None:
    workflows = [text for text in blocks(page, "yaml") if re.search(r"^nodes:", text, re.MULTILINE)]
    assert all(compile_workflow(parse_document(text)).hash for text in workflows)
