"""The streams of a call as files that lie on no disk: wasmtime reads and writes files, and nothing else that is ours.

Not its callbacks: they come from threads of its own, and one that comes while Python shuts down takes the process with
it.

What is written has its full size from the start and may not grow: the kernel refuses what is beyond. So a module that
writes for ever fills its own file and no more. The file is a hole at first; what is no hole any more was written.
"""

import mmap
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LINUX = hasattr(os, "memfd_create")
if _LINUX:
    import fcntl


@contextmanager
def readable(data: bytes) -> Iterator[str]:
    """Give the path of a file with these bytes."""
    with _file("plugin-input") as (descriptor, path):
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        yield path


class Written:
    """A file that is written elsewhere, by who opened `path`: up to the limit, in whole pages of memory."""

    def __init__(self, descriptor: int, path: str, limit: int) -> None:
        self._descriptor, self.path = descriptor, path
        self._pages = -(-limit // mmap.PAGESIZE)

    def bound(self) -> None:
        """Let it grow no more: to be called once `path` was opened, which empties the file.

        Elsewhere than on Linux a file is bounded by its writer's time only; `read` sees all the same that it was over.
        """
        if _LINUX:
            # One page more than may be written: who touches it has written too much.
            os.ftruncate(self._descriptor, (self._pages + 1) * mmap.PAGESIZE)
            fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)

    def read(self) -> tuple[bytes, bool]:
        """Return what was written, up to the limit, and whether there was more."""
        written = os.lseek(self._descriptor, 0, os.SEEK_HOLE if _LINUX else os.SEEK_END)
        room = self._pages * mmap.PAGESIZE
        # The rest of the last page is zeros, with which no text ends.
        return os.pread(self._descriptor, min(written, room), 0).rstrip(b"\0"), written > room


@contextmanager
def writable(limit: int) -> Iterator[Written]:
    """Give a file that is to be written elsewhere, of about `limit` bytes at most."""
    with _file("plugin-output") as (descriptor, path):
        yield Written(descriptor, path, limit)


@contextmanager
def _file(name: str) -> Iterator[tuple[int, str]]:
    """Give an empty file as a descriptor of ours, and as a path that others can open."""
    if _LINUX:
        descriptor = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        path = f"/proc/self/fd/{descriptor}"
    else:
        descriptor, path = tempfile.mkstemp(prefix=name)
    try:
        yield descriptor, path
    finally:
        os.close(descriptor)
        if not _LINUX:
            Path(path).unlink()
