"""Rankings are fused by ranks."""

from heddle.domain.documents.fusion import fuse


def test_what_both_have_comes_before_what_one_has() -> None:
    fused = fuse({"words": ["a", "b"], "meaning": ["c", "b"]})

    assert [key for key, _, _ in fused] == ["b", "a", "c"]
    assert fused[0][2] == {"words": 2, "meaning": 2}
    assert fused[0][1] == 2 / 62


def test_ties_are_ordered_by_key() -> None:
    assert [key for key, _, _ in fuse({"words": ["b"], "meaning": ["a"]})] == ["a", "b"]


def test_nothing_gives_nothing() -> None:
    assert fuse({}) == fuse({"words": []}) == []
