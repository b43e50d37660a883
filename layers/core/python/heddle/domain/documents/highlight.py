"""What matched, in a form that pages show: HTML in which everything but our own marks is escaped."""

import html

from heddle.domain.documents.search import MARK, UNMARK


def as_html(marked: str) -> str:
    """Return the text with `<mark>` around what matched."""
    return html.escape(marked, quote=True).replace(MARK, "<mark>").replace(UNMARK, "</mark>")
