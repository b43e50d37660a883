"""Reading a binary: what it imports and exports, and bytes that are no module."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.domain.plugins.module import COMPONENT, HEADER, Import, read_module, with_section
from heddle.errors import InvalidInput
from tests.support.modules import CLOCK, FD_WRITE, wasm


def test_a_module_tells_its_imports_and_exports() -> None:
    module = read_module(wasm(imports=FD_WRITE + '(import "env" "memory" (global i32)) ' + CLOCK))

    assert module.imports == (
        Import("wasi_snapshot_preview1", "fd_write", "function"),
        Import("env", "memory", "global"),
        Import("wasi_snapshot_preview1", "clock_time_get", "function"),
    )
    assert module.exports == {"memory": "memory", "_start": "function"}


def test_a_section_is_added_and_read_and_changes_nothing_else() -> None:
    before = wasm(imports=FD_WRITE)

    after = read_module(with_section(before, "heddle.manifest", b"x" * 300))

    assert after.custom["heddle.manifest"] == b"x" * 300
    assert (after.imports, after.exports) == (read_module(before).imports, read_module(before).exports)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "magic number"),
        (b"%PDF-1.7", "magic number"),
        (b"\0asm\x02\0\0\0", "magic number"),
        (COMPONENT, "component"),
        (HEADER + b"\x02\xff\xff\xff\xff\x0f", "cannot be read"),
        (HEADER + b"\x02\x05\x01\x01a\x01b\x09", "cannot be read"),
        (HEADER + b"\x02", "cannot be read"),
        (HEADER + b"\x00\x03\x02\xff\xfe", "cannot be read"),
        (wasm(imports=FD_WRITE)[:40], "cannot be read"),
    ],
)
def test_what_is_no_module_is_refused_with_the_reason(data: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        read_module(data)

    assert caught.value.code == "plugin_not_wasm"


@given(st.binary(max_size=200))
def test_no_bytes_are_read_as_anything_but_a_module_or_a_refusal(data: bytes) -> None:
    try:
        read_module(HEADER + data)
    except InvalidInput as error:
        assert error.code == "plugin_not_wasm"
