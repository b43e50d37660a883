"""The Python in the pages about events, data and tenants runs as it stands there."""

import re
from pathlib import Path
from typing import Any

import pytest

CONCEPTS = Path(__file__).parents[3] / "docs" / "concepts"
PAGES = ["event.md", "data.md", "tenant.md", "adding-an-event.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (CONCEPTS / page).read_text("utf-8"), re.S)
    names: dict[str, Any] = {}

    for block in blocks:
        exec(compile(block, page, "exec"), names)

    assert blocks
