"""The input of a run from the command line."""

from pathlib import Path
from typing import Any

import pytest

from heddle_cli.inputs import INLINE_BYTES, BadInput, parse_inputs

SCHEMA = {
    "properties": {
        "question": {"type": "string"},
        "documents": {"type": "array", "items": {"type": "object"}},
        "texts": {"type": "array", "items": {"type": "string"}},
        "limit": {"type": "integer"},
    }
}


def no_upload(path: Path) -> dict[str, Any]:
    raise AssertionError(f"{path} was uploaded")


def test_a_value_is_text_where_the_schema_wants_text_and_json_elsewhere() -> None:
    given = parse_inputs(["question=42", "limit=3", 'other={"a": 1}', "plain=words"], SCHEMA, no_upload)

    assert given == {"question": "42", "limit": 3, "other": {"a": 1}, "plain": "words"}


def test_a_key_of_a_list_makes_a_list_even_when_it_is_given_once() -> None:
    assert parse_inputs(["texts=one"], SCHEMA, no_upload) == {"texts": ["one"]}
    assert parse_inputs(["x=1", "x=2"], SCHEMA, no_upload) == {"x": [1, 2]}
    assert parse_inputs(['documents=[{"text": "a"}]'], SCHEMA, no_upload) == {"documents": [{"text": "a"}]}


def test_a_small_text_file_travels_in_the_request(tmp_path: Path) -> None:
    file = tmp_path / "notes with space.md"
    file.write_text("# Notes")

    given = parse_inputs([f"documents=@{file}"], SCHEMA, no_upload)

    assert given == {"documents": [{"text": "# Notes", "media_type": "text/markdown", "filename": file.name}]}


def test_a_large_or_binary_file_is_uploaded(tmp_path: Path) -> None:
    large, binary = tmp_path / "large.txt", tmp_path / "a.pdf"
    large.write_text("x" * (INLINE_BYTES + 1))
    binary.write_bytes(b"%PDF-1.7 \xff")

    given = parse_inputs([f"documents=@{large}", f"documents=@{binary}"], SCHEMA, lambda path: {"object": path.name})

    assert given == {"documents": [{"object": "large.txt"}, {"object": "a.pdf"}]}


def test_a_file_is_its_text_where_the_schema_wants_text(tmp_path: Path) -> None:
    file = tmp_path / "question.txt"
    file.write_text("why?")

    assert parse_inputs([f"question=@{file}"], SCHEMA, no_upload) == {"question": "why?"}


def test_a_json_object_and_single_keys_are_put_together(tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"limit": 1, "question": "a"}')

    assert parse_inputs([f"@{file}", "limit=2"], SCHEMA, no_upload) == {"limit": 2, "question": "a"}


@pytest.mark.parametrize("text", ["words", "=x", "{not json", "@absent.json", "documents=@absent.pdf"])
def test_what_cannot_be_understood_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"--input|there is no file"):
        parse_inputs([text], SCHEMA, no_upload)
