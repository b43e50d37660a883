"""What a WebAssembly binary says of itself, read without running or compiling it.

magic, version 1, then sections: id (1 byte), length (LEB128), content. Only three kinds matter here: custom (0),
imports (2) and exports (7). Everything else is for the compiler, which checks it in full.
https://webassembly.github.io/spec/core/binary/modules.html
"""

from collections.abc import Mapping

from heddle.errors import InvalidInput
from heddle.records import dataclass

HEADER = b"\0asm\x01\0\0\0"
COMPONENT = b"\0asm\x0d\0\x01\0"
_CUSTOM, _IMPORTS, _EXPORTS = 0, 2, 7
_KINDS = ("function", "table", "memory", "global", "tag")
_LIMITS_FLAGS = 8  # has a maximum, shared, 64 bits: any other bit is not known here


@dataclass(frozen=True, slots=True)
class Import:
    """Something that the module wants from its host."""

    module: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Module:
    """Imports in order, exports as name → kind, and the last custom section of each name."""

    imports: tuple[Import, ...]
    exports: Mapping[str, str]
    custom: Mapping[str, bytes]


def read_module(data: bytes) -> Module:
    """Return what the module says. Raises InvalidInput `plugin_not_wasm`, saying why it is none."""
    if data.startswith(COMPONENT):
        raise not_wasm("it is a WebAssembly component; build a core module for WASI preview 1 (wasm32-wasip1)")
    if not data.startswith(HEADER):
        raise not_wasm("it does not begin with the magic number of a WebAssembly module, version 1")
    reader = _Reader(data, len(HEADER), len(data))
    imports: tuple[Import, ...] = ()
    exports: dict[str, str] = {}
    custom: dict[str, bytes] = {}
    try:
        while not reader.done:
            section = reader.byte()
            content = reader.part(reader.number())
            if section == _CUSTOM:
                name = content.name()
                custom[name] = content.rest()
            elif section == _IMPORTS:
                imports = tuple([_import(content) for _ in range(content.number())])
            elif section == _EXPORTS:
                exports = dict([_export(content) for _ in range(content.number())])
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise not_wasm(f"its sections cannot be read near byte {reader.position}") from error
    return Module(imports, exports, custom)


def check_command(module: Module) -> None:
    """Raise InvalidInput `plugin_entry_missing` unless the module is a WASI command: something that can be called."""
    if module.exports.get("_start") != "function" or module.exports.get("memory") != "memory":
        message = "must export the function `_start` and `memory`: build a WASI command, not a library"
        raise InvalidInput(
            f"the module {message}", code="plugin_entry_missing", errors=[{"field": "wasm", "message": message}]
        )


def with_section(data: bytes, name: str, content: bytes) -> bytes:
    """Return the module with a custom section added at its end, where it changes nothing of what the module does."""
    label = name.encode()
    body = _leb(len(label)) + label + content
    return data + bytes([_CUSTOM]) + _leb(len(body)) + body


def not_wasm(reason: str) -> InvalidInput:
    """Return the error for bytes that are no module."""
    return InvalidInput(
        f"this is no plugin: {reason}", code="plugin_not_wasm", errors=[{"field": "wasm", "message": reason}]
    )


def _import(content: "_Reader") -> Import:
    module, name, kind = content.name(), content.name(), content.byte()
    if kind == 0:
        content.number()  # the function's type
    elif kind == 1:
        content.byte()  # the table's element type
        content.limits()
    elif kind == 2:
        content.limits()
    elif kind == 3:
        content.byte()  # the global's type
        content.byte()  # whether it changes
    elif kind == 4:
        content.byte()
        content.number()
    else:
        raise ValueError(kind)
    return Import(module, name, _KINDS[kind])


def _export(content: "_Reader") -> tuple[str, str]:
    name, kind = content.name(), content.byte()
    content.number()
    return name, _KINDS[kind]


class _Reader:
    """Reads bytes from a position up to an end; IndexError beyond it."""

    def __init__(self, data: bytes, position: int, end: int) -> None:
        self._data, self.position, self._end = data, position, end

    @property
    def done(self) -> bool:
        return self.position >= self._end

    def byte(self) -> int:
        if self.done:
            raise IndexError(self.position)
        self.position += 1
        return self._data[self.position - 1]

    def number(self) -> int:
        """Read an unsigned LEB128 number; five bytes hold all that a 32-bit module may say, ten a 64-bit one."""
        value = 0
        for shift in range(0, 70, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise ValueError(value)

    def part(self, length: int) -> "_Reader":
        begin = self.position
        self._skip(length)
        return _Reader(self._data, begin, begin + length)

    def name(self) -> str:
        length, begin = self.number(), self.position
        self._skip(length)
        return self._data[begin : self.position].decode()

    def rest(self) -> bytes:
        return self._data[self.position : self._end]

    def limits(self) -> None:
        flags = self.byte()
        if flags >= _LIMITS_FLAGS:
            raise ValueError(flags)
        self.number()
        if flags & 1:
            self.number()

    def _skip(self, length: int) -> None:
        if length > self._end - self.position:
            raise IndexError(length)
        self.position += length


def _leb(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
