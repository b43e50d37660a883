"""The items of a batch, as its worker listed them: files of a hundred, so that one item is one small read."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import orjson

from heddle.application.ports.batches import BatchFiles
from heddle.domain.batches.batch import Item

PER_FILE = 100
ASKED = "asked"
"""The file with what the request listed."""
_REMEMBERED = 8


@dataclass(frozen=True)
class Items:
    """Reads and writes them; files never change once they are listed, so the latest ones are remembered."""

    files: BatchFiles
    _read: OrderedDict[tuple[str, str, int], Sequence[Item]] = field(default_factory=OrderedDict)

    def ask(self, tenant: str, batch_id: str, items: Iterable[Item]) -> None:
        """Keep what a request listed."""
        self.files.put(tenant, batch_id, ASKED, _dumped(items))

    def asked(self, tenant: str, batch_id: str) -> list[Item]:
        """Return what the request listed."""
        return _loaded(self.files.get(tenant, batch_id, ASKED))

    def write(self, tenant: str, batch_id: str, items: Sequence[Item]) -> None:
        """Keep all items of a batch, in the order of their positions."""
        for number, start in enumerate(range(0, len(items), PER_FILE)):
            self.files.put(tenant, batch_id, _name(number), _dumped(items[start : start + PER_FILE]))

    def at(self, tenant: str, batch_id: str, position: int) -> Item:
        """Return one item; NotFound if there is none."""
        number, index = divmod(position - 1, PER_FILE)
        return self._file(tenant, batch_id, number)[index]

    def after(self, tenant: str, batch_id: str, position: int, *, limit: int, total: int) -> list[Item]:
        """Return the items that follow a position."""
        found: list[Item] = []
        last = min(position + limit, total)
        while (following := position + len(found) + 1) <= last:
            number, index = divmod(following - 1, PER_FILE)
            found += self._file(tenant, batch_id, number)[index : index + last - following + 1]
        return found

    def _file(self, tenant: str, batch_id: str, number: int) -> Sequence[Item]:
        key = (tenant, batch_id, number)
        if key not in self._read:
            self._read[key] = _loaded(self.files.get(tenant, batch_id, _name(number)))
            while len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        return self._read[key]


def _name(number: int) -> str:
    return f"items/{number:05d}"


def _dumped(items: Iterable[Item]) -> bytes:
    return orjson.dumps([item.to_json() for item in items])


def _loaded(data: bytes) -> list[Item]:
    return [Item(**each) for each in orjson.loads(data)]
