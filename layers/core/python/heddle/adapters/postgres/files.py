"""The migrations that came with this code."""

import hashlib
import re
from collections.abc import Iterator
from importlib.resources import files

from heddle.records import dataclass

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What tells whether it is still the same."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Return the files by number."""
    return sorted(_files(), key=lambda migration: migration.number)


def _files() -> Iterator[Migration]:
    for file in files("heddle.adapters.postgres").joinpath("migrations").iterdir():
        if found := _NAME.fullmatch(file.name):
            yield Migration(int(found[1]), file.name, file.read_text(encoding="utf-8"))
