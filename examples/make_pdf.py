"""Writes documents/incident-review.pdf from incident-review.source.md, so that the committed file can be changed.

.venv/bin/python examples/make_pdf.py
"""

from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

HERE = Path(__file__).parent
STYLES = {"# ": "Title", "## ": "Heading2"}


def main() -> None:
    """Write the file; the same text gives the same bytes."""
    styles = getSampleStyleSheet()
    blocks = [" ".join(block.split()) for block in (HERE / "incident-review.source.md").read_text().split("\n\n")]
    story: list[Flowable] = []
    for block in blocks:
        mark = next((mark for mark in STYLES if block.startswith(mark)), "")
        story += [Paragraph(block.removeprefix(mark), styles[STYLES.get(mark, "BodyText")]), Spacer(1, 6)]
    target = str(HERE / "documents" / "incident-review.pdf")
    title = blocks[0].removeprefix("# ")
    SimpleDocTemplate(target, pagesize=A4, title=title, author="The Heddle examples", invariant=1).build(story)


if __name__ == "__main__":
    main()
