"""Documents as they lie on disk: YAML or JSON, and an error that names the file and the place."""

from pathlib import Path

import pytest

from heddle_sdk.documents import read_document


def test_documents_are_yaml_or_json_and_on_stays_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: a\nnodes: [{id: x, retry: {on: [timeout]}, config: {yes: true}}]\n")
    (tmp_path / "b.json").write_text('{"name": "b"}')

    assert read_document(tmp_path / "a.yaml")["nodes"][0] == {
        "id": "x",
        "retry": {"on": ["timeout"]},
        "config": {"yes": True},
    }
    assert read_document(tmp_path / "b.json") == {"name": "b"}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "- just\n- a list\n", "holds no document"),
        ("a.yaml", "name: a\nnodes: [{id: x\n", "line 3, column 1"),
        ("a.yaml", "name: a\n\tnodes: []\n", "line 2, column 1"),
        ("a.json", '{"name": }', "line 1 column 10"),
        ("a.json", "\udcff", "can't decode"),
    ],
)
def test_one_that_cannot_be_read_is_named_with_the_place(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ValueError, match=told) as caught:
        read_document(tmp_path / name)

    assert str(caught.value).startswith(str(tmp_path / name))
