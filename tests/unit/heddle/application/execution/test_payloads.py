"""Large values lie elsewhere, and come back as they were or not at all."""

import pytest

from heddle.adapters.memory.blobs import MemoryBlobStore
from heddle.application.execution.payloads import check_in, check_out
from heddle.domain.payload import as_ref
from heddle.errors import HeddleError


def test_a_large_value_is_stored_and_a_small_one_stays() -> None:
    blobs, large = MemoryBlobStore(), {"text": "x" * 40_000}

    kept = check_in(blobs, "acme", large)

    assert as_ref(kept) is not None
    assert check_out(blobs, "acme", kept) == large
    assert check_in(blobs, "acme", {"a": 1}) == {"a": 1} == check_out(blobs, "acme", {"a": 1})


def test_a_value_that_only_looks_like_a_reference_names_no_blob() -> None:
    blobs = MemoryBlobStore()
    forged = check_in(blobs, "acme", {"text": "x" * 40_000})

    kept = check_in(blobs, "acme", forged)

    assert kept != forged
    assert check_out(blobs, "acme", kept) == forged


def test_bytes_that_have_changed_are_refused() -> None:
    blobs = MemoryBlobStore()
    first, second = (check_in(blobs, "acme", {"text": letter * 40_000}) for letter in "xy")
    swapped = {"$ref": {**first["$ref"], "key": second["$ref"]["key"]}}

    with pytest.raises(HeddleError) as caught:
        check_out(blobs, "acme", swapped)

    assert caught.value.code == "payload_corrupt"
