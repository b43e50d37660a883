"""What a large PDF takes: peak memory and seconds, read and cut as an ingest does it, and analysed.

    python -m benchmarks.large_pdf
    python -m benchmarks.large_pdf --pages 200

Each measurement is a process of its own, as a sandbox is; what such a process takes before it has a document is in
the table too. The second file has photographs of noise, which nothing can pack, up to the 100 MiB that an original may
have.
"""

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import describe

ROOT = Path(__file__).parents[1]
PATHS = os.pathsep.join(str(ROOT / part) for part in ("layers/core/python", "."))
WORDS = (
    *("loom", "warp", "weft", "shuttle", "heddle", "reed", "selvage", "yarn", "thread", "spindle", "bobbin", "cloth"),
    *("linen", "pattern", "twill", "treadle", "beam", "shed", "pick", "tension", "fibre", "skein", "harness", "draft"),
    *("measure", "repair", "inspect", "carry", "hold", "lift", "follow", "because", "when", "although", "between"),
)
FIGURE_EVERY = 10
SIDE = 640
"""Of a square photograph of noise, three quarters of a megabyte as a JPEG."""

PROBE = r"""
import json, re, resource, sys, time
from pathlib import Path

def peak():
    if not Path("/proc/self/status").exists():  # macOS, which counts bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    # Of this program alone: what Linux's getrusage says was handed down by the process that started it.
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024

what, path = sys.argv[1:]
if what == "ingest":
    from functions.content.read_document.handler import SECONDS
    from heddle.adapters.content.parse import parse
    from heddle.adapters.memory.originals import MemoryOriginals
    from heddle.application.documents.read_original import ReadOriginal
    from heddle.application.ports.ingests import IngestJob

    class Originals(MemoryOriginals):
        def read(self, tenant, name):
            return Path(path).read_bytes()

    read = ReadOriginal(Originals(), parse, lambda: SECONDS)
    job = IngestJob(
        id="d-1-1", tenant="t", document_id="d", version=1, object="t/documents/d/1/original",
        media_type="application/pdf", filename="large.pdf", principal="user:bench", correlation_id="c",
    )
    run = lambda: read(job)
else:
    from heddle.adapters.content.detect_language import detect_language
    from heddle.adapters.content.read_content import read_content
    from heddle.application.content.analyze_bytes import AnalyzeBytes, Wanted

    analyze = AnalyzeBytes(read_content, time.monotonic, detect_language)

    def run():
        found = analyze(Path(path).read_bytes(), Wanted(declared="application/pdf", seconds=600.0))
        return {"pages": found["pages"], "characters": len(found["text"]), "status": found["status"]}

before, begun = peak(), time.monotonic()
answer = run()
print(json.dumps({"before": before, "peak": peak(), "seconds": time.monotonic() - begun, "answer": answer}))
"""


@dataclass(frozen=True)
class Taken:
    """What a process took: MB before it had the document, MB at most, seconds; and what it answered."""

    before: float
    peak: float
    seconds: float
    answer: dict[str, Any]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=1000)
    pages = parser.parse_args().pages
    print(f"A large PDF: peak memory of a process, and seconds\n{describe()}\n")
    print(f"{'file':<34}{'MB':>7}{'what':>10}{'before MB':>11}{'peak MB':>9}{'seconds':>9}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name, photographs in (("text", 0), ("text and photographs", 155)):
            file = Path(folder) / "large.pdf"
            write_pdf(file, pages=pages, photographs=photographs)
            size = file.stat().st_size / 2**20
            for what in ("ingest", "analyze"):
                taken = measure(what, file)
                row = f"{taken.before:>11.0f}{taken.peak:>9.0f}{taken.seconds:>9.1f}"
                print(f"{f'{pages:,} pages, {name}':<34}{size:>7.1f}{what:>10}{row}", flush=True)


def write_pdf(path: Path, *, pages: int, photographs: int = 0) -> None:
    """Write a PDF with some 3,000 characters on every page, a drawn figure on every tenth, and photographs."""
    from reportlab import rl_config
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen import canvas

    rl_config.useA85 = 0  # as most programs write
    chance = random.Random(7)
    drawing = canvas.Canvas(str(path), pageCompression=1)
    drawing.setTitle("A manual of weaving")
    for page in range(1, pages + 1):
        if page % 25 == 1:
            drawing.bookmarkPage(f"chapter-{page}")
            drawing.addOutlineEntry(f"Chapter {page // 25 + 1}", f"chapter-{page}", level=0)
        drawing.setFont("Helvetica", 10)
        lines = drawing.beginText(60, 800)
        for _ in range(34):
            lines.textLine(f"{' '.join(chance.choices(WORDS, k=14)).capitalize()}.")
        drawing.drawText(lines)
        if page % FIGURE_EVERY == 0:
            for x in range(60, 540, 16):
                drawing.line(x, 60, x + 12, 60 + chance.randrange(200))
        if page <= photographs:
            drawing.drawImage(ImageReader(_noise(chance)), 60, 60, 200, 200)
        drawing.showPage()
    drawing.save()


def _noise(chance: random.Random) -> io.BytesIO:
    from PIL import Image

    picture = io.BytesIO()
    Image.frombytes("RGB", (SIDE, SIDE), chance.randbytes(SIDE * SIDE * 3)).save(picture, "JPEG", quality=98)
    picture.seek(0)
    return picture


def measure(what: str, file: Path) -> Taken:
    """Return what a process takes that does it to the file: `ingest` reads and cuts, `analyze` analyses."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, what, str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": PATHS},
    )
    return Taken(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
