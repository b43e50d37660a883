"""What a text cites is found by its form, where it stands, and nothing else is."""

from time import perf_counter

import pytest

from heddle.domain.content.references import MOST, citations_of


@pytest.mark.parametrize(
    ("text", "kind", "cited", "url"),
    [
        (
            "See doi 10.1145/3292500.3330701.",
            "doi",
            "10.1145/3292500.3330701",
            "https://doi.org/10.1145/3292500.3330701",
        ),
        ("(10.1002/(SICI)1097)", "doi", "10.1002/(SICI)1097", "https://doi.org/10.1002/(SICI)1097"),
        ("As in arXiv: 1706.03762v5 it is.", "arxiv", "arXiv: 1706.03762v5", "https://arxiv.org/abs/1706.03762v5"),
        ("ISBN 978-0-306-40615-7 tells", "isbn", "ISBN 978-0-306-40615-7", None),
        ("ISBN 0-306-40615-2 tells", "isbn", "ISBN 0-306-40615-2", None),
        ("shown before (Lovelace, 1843).", "author_year", "(Lovelace, 1843)", None),
        ("so (Müller und Weiß, 2019, p. 12) says", "author_year", "(Müller und Weiß, 2019, p. 12)", None),
        ("so (O'Neil et al., 2020a) says", "author_year", "(O'Neil et al., 2020a)", None),
        ("as told [3, 7–9] often", "number", "[3, 7–9]", None),
    ],
)
def test_a_citation_is_found_where_it_stands(text: str, kind: str, cited: str, url: str | None) -> None:
    (found,) = citations_of(text)

    assert (found["kind"], found["text"], found["url"]) == (kind, cited, url)
    assert text[found["start"] : found["end"]] == cited


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 978-0-306-40615-8",
        "(in 1843)",
        "(May 2020)",
        "(see 12)",
        "[x]",
        "[1234]",
        "10.5/3",
        "a[i] = b",
        "version 10.2 of it",
        "",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert citations_of(text) == []


def test_they_come_in_order_and_no_more_than_can_be_shown() -> None:
    found = citations_of("[1] (Ada, 1843) " * (2 * MOST))

    assert len(found) == MOST
    assert [one["kind"] for one in found[:4]] == ["number", "author_year"] * 2
    assert found == sorted(found, key=lambda one: one["start"])


@pytest.mark.parametrize("piece", ["(A", "(Ada, Bob, Cid and ", "[1,", "10.1234/", "ISBN 97", "((((", "arXiv:"])
def test_no_text_makes_it_slow(piece: str) -> None:
    begun = perf_counter()

    citations_of(piece * (200_000 // len(piece)))

    assert perf_counter() - begun < 2
