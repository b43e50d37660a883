"""Write docs/decisions/README.md, the index of all decisions: python scripts/write_decisions_index.py."""

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"
INDEX = FOLDER / "README.md"

INTRODUCTION = """# Decisions

A choice that somebody may want to undo: what, instead of what, why, how to undo.
Numbers go by area, none is used twice.
This index is written by `make docs`.

"""


def index() -> str:
    """Return the index, one line per decision, by number."""
    lines = []
    for page in sorted(FOLDER.glob("[0-9][0-9][0-9][0-9]-*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].lstrip("# ").strip()
        number = page.name[:4]
        title = title.removeprefix(number).lstrip(" .:—–-")
        lines.append(f"- [{number}]({page.name}) {title}\n")
    return INTRODUCTION + "".join(lines)


if __name__ == "__main__":
    INDEX.write_text(index(), encoding="utf-8")
