"""A PDF of a thousand pages fits many times into the memory of the functions that read it."""

from pathlib import Path

import pytest

from benchmarks.large_pdf import measure, write_pdf

READ_DOCUMENT_MB, ANALYZE_MB = 3008, 1769
"""What infra/stacks gives them."""


@pytest.fixture(scope="module")
def manual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("large") / "manual.pdf"
    write_pdf(file, pages=1000, photographs=8)
    return file


def test_it_is_read_and_cut_whole(manual: Path) -> None:
    taken = measure("ingest", manual)

    assert (taken.answer["pages"], taken.answer["truncated"]) == (1000, False)
    assert taken.answer["chunks"] > 1000
    assert taken.peak < READ_DOCUMENT_MB / 8


def test_it_is_analysed(manual: Path) -> None:
    taken = measure("analyze", manual)

    assert (taken.answer["pages"], taken.answer["status"]) == (1000, "completed")
    assert taken.peak < ANALYZE_MB / 8
