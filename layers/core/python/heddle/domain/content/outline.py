"""What a document is built of: its sections and table of contents, and its links by kind."""

from typing import Any

_SCHEMES = {"mailto": "email", "tel": "phone", "sms": "phone", "file": "file"}
_FILES = (".pdf", ".zip", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".csv", ".tar", ".gz", ".epub")


def sections_of(structure: list[dict[str, Any]], length: int) -> list[dict[str, Any]]:
    """Return [{level, title, start, end}]: a section ends where the next of its level or above begins."""
    headings = [
        entry for entry in structure if isinstance(entry.get("level"), int) and isinstance(entry.get("offset"), int)
    ]
    sections = [
        {"level": entry["level"], "title": entry["title"], "start": entry["offset"], "end": length}
        for entry in headings
        if entry["offset"] <= length
    ]
    open_: list[dict[str, Any]] = []
    for section in sections:
        while open_ and open_[-1]["level"] >= section["level"]:
            open_.pop()["end"] = section["start"]
        open_.append(section)
    return sections


def contents_of(sections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return [{number, title, level, start}]: `2.1` is the first section below the second."""
    counts: list[tuple[int, int]] = []  # (level, number) of each open section
    found = []
    for section in sections:
        last = 0
        while counts and counts[-1][0] >= section["level"]:
            last = counts.pop()[1]
        counts.append((section["level"], last + 1))
        number = ".".join(str(number) for _, number in counts)
        found.append(
            {"number": number, "title": section["title"], "level": section["level"], "start": section["start"]}
        )
    return found


def link_kind(url: str) -> str:
    """Return external, internal, email, phone or file."""
    scheme, colon, _ = url.partition(":")
    if colon and scheme.lower() in _SCHEMES:
        return _SCHEMES[scheme.lower()]
    path = url.partition("?")[0].partition("#")[0].lower()
    if path.endswith(_FILES):
        return "file"
    return "external" if url.startswith(("http://", "https://", "//")) else "internal"
