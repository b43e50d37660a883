"""The files of streams: bounded by the kernel, read as far as they were written, gone afterwards."""

import mmap
import os
from pathlib import Path

import pytest

from heddle.adapters.plugins.streams import readable, writable

PAGE = mmap.PAGESIZE


def test_what_is_given_is_read() -> None:
    with readable(b"warp") as path:
        assert Path(path).read_bytes() == b"warp"


@pytest.mark.parametrize("length", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE])
def test_what_is_written_within_the_limit_comes_back(length: int) -> None:
    with writable(2 * PAGE) as written:
        descriptor = os.open(written.path, os.O_WRONLY | os.O_TRUNC)
        written.bound()
        os.write(descriptor, b"x" * length)
        os.close(descriptor)

        assert written.read() == (b"x" * length, False)


def test_what_is_beyond_is_refused_by_the_kernel_and_seen() -> None:
    with writable(PAGE) as written:
        descriptor = os.open(written.path, os.O_WRONLY | os.O_TRUNC)
        written.bound()
        os.write(descriptor, b"x" * 3 * PAGE)
        with pytest.raises(PermissionError):
            os.write(descriptor, b"x")
        os.close(descriptor)

        assert written.read() == (b"x" * PAGE, True)
        assert Path(written.path).stat().st_size == 2 * PAGE


def test_zeros_count_as_written() -> None:
    with writable(PAGE) as written:
        descriptor = os.open(written.path, os.O_WRONLY | os.O_TRUNC)
        written.bound()
        os.write(descriptor, bytes(PAGE + 1))
        os.close(descriptor)

        assert written.read() == (b"", True)
