"""What stands in a document besides its text: pictures, films, sounds, diagrams, charts, code and tables."""

import re
from typing import Any

MAX_MEDIA = 1_000
_TEXT = 500
_URL = 2_000
_CHART = re.compile(r"\b(?:chart|graph|plot|histogram)s?\b", re.IGNORECASE)
_DIAGRAM = re.compile(r"\b(?:diagram|flowchart|schematic|blueprint)s?\b", re.IGNORECASE)
DIAGRAM_LANGUAGES = frozenset({"mermaid", "plantuml", "dot", "graphviz", "d2", "ditaa"})


class Media:
    """Collects entries {kind, start, page, url, text, language, rows, columns}; what one does not have is None.

    `start` is where in the document's text it stands. More than MAX_MEDIA are not kept.
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def add(
        self,
        kind: str,
        start: int,
        *,
        url: str | None = None,
        text: str | None = None,
        language: str | None = None,
        rows: int | None = None,
        columns: int | None = None,
        page: int | None = None,
    ) -> None:
        """Take an entry."""
        if len(self.entries) < MAX_MEDIA:
            self.entries.append(
                {
                    "kind": kind,
                    "start": start,
                    "page": page,
                    # The bytes of a picture that is written into its address are no address.
                    "url": None if not url or url[:5].lower() == "data:" else url[:_URL],
                    "text": " ".join((text or "")[: 2 * _TEXT].split())[:_TEXT] or None,
                    "language": language or None,
                    "rows": rows,
                    "columns": columns,
                }
            )

    def picture(self, start: int, *, url: str | None, text: str | None) -> None:
        """Take a picture: a chart or a diagram if its description says so, else an image."""
        said = text or ""
        kind = "chart" if _CHART.search(said) else "diagram" if _DIAGRAM.search(said) else "image"
        self.add(kind, start, url=url, text=text)

    def code(self, start: int, *, language: str | None) -> None:
        """Take a block of code: a diagram, if it is in a language that draws."""
        name = (language or "").strip().lower() or None
        self.add("diagram" if name in DIAGRAM_LANGUAGES else "code", start, language=name)
