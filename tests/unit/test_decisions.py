"""Every decision is in the index, and no number stands for two."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_index_of_decisions_lists_all_of_them() -> None:
    spec = importlib.util.spec_from_file_location("index", ROOT / "scripts" / "write_decisions_index.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    assert (ROOT / "docs/decisions/README.md").read_text() == script.index(), "run: make docs"


def test_no_number_of_a_decision_is_used_twice() -> None:
    numbers = [page.name[:4] for page in (ROOT / "docs/decisions").glob("[0-9]*.md")]

    assert len(numbers) == len(set(numbers))
