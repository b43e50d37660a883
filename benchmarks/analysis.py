"""Documents per second per core: read, and read and analysed offline in full, by format; beside trafilatura.

    PYTHONPATH=layers/core/python:sdk:cli:. .venv/bin/python -W ignore -m benchmarks.analysis

Peers come in where they are installed (`make bench` does that): trafilatura reads HTML's main content, py3langid tells
languages. Seconds are the processor's, so that a busy machine does little; each figure is the median of rounds.
"""

import io
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from reportlab.pdfgen import canvas

from heddle.adapters.content.detect_language import detect_language
from heddle.adapters.content.read_content import read_content
from heddle.application.content.analyze_bytes import MAX_TEXT, AnalyzeBytes, Wanted
from heddle.domain.content.language import language_of
from heddle.domain.content.text import Text
from tests.support.sentences import SENTENCES

TARGET = 1_000
"""Short texts a second, read and analysed in full."""
ROUNDS = 7
ROUND_SECONDS = 0.4

SHORT = (
    "The loom is a machine that weaves cloth from yarn. Ada Lovelace wrote about the Jacquard loom in London. "
    "However, the threads break when the tension is wrong, which is annoying."
)
PARAGRAPHS = [
    f"Chapter {number} tells how the weaver in Lisbon set up the warp on {number + 1} March 1840. The threads were "
    f"counted twice, because a wrong count is found out only when {number} yards of cloth are done. Every heddle holds "
    "one thread, and the reed keeps them apart. It was slow work, but the cloth was excellent, and "
    "the merchants paid $3 a yard."
    for number in range(1, 19)
]


def documents() -> dict[str, tuple[str, bytes]]:
    """Return name to media type and bytes: one short text, and the same 1,100 words in each format."""
    text = "\n\n".join(PARAGRAPHS)
    markdown = "# Weaving\n\n" + "\n\n".join(
        f"## Part {n}\n\n{p} [more](https://x.example/{n})" for n, p in _numbered()
    )
    body = "".join(f"<h2>Part {n}</h2><p>{p} <a href='/{n}'>more</a></p>" for n, p in _numbered())
    article = f"<body><nav>Home</nav><article><h1>Weaving</h1>{body}</article></body>"
    html = f"<html><head><title>Weaving</title></head>{article}</html>"
    parts = "".join(f"<part n='{n}'><p>{p}</p></part>" for n, p in _numbered())
    xml = f"<book><title>Weaving</title>{parts}</book>"
    code = "".join(f'def part_{n}() -> int:\n    """{p}"""\n    return {n}\n\n\n' for n, p in _numbered())
    return {
        "short text": ("text/plain", SHORT.encode()),
        "text": ("text/plain", text.encode()),
        "Markdown": ("text/markdown", markdown.encode()),
        "HTML": ("text/html", html.encode()),
        "JSON": ("application/json", json.dumps({"title": "Weaving", "parts": PARAGRAPHS}).encode()),
        "XML": ("application/xml", xml.encode()),
        "Python": ("text/x-python", code.encode()),
        "PDF, 3 pages": ("application/pdf", _pdf()),
    }


def _numbered() -> list[tuple[int, str]]:
    return list(enumerate(PARAGRAPHS, 1))


def _pdf() -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer)
    for at in range(0, len(PARAGRAPHS), 6):
        lines = [part[i : i + 90] for part in PARAGRAPHS[at : at + 6] for i in range(0, len(part), 90)]
        for row, line in enumerate(lines):
            page.drawString(50, 800 - 14 * row, line)
        page.showPage()
    page.save()
    return buffer.getvalue()


def per_second(work: Callable[[], Any]) -> float:
    """Return how often a second of the processor's time does the work, the median of rounds."""
    work()
    rates = []
    for _ in range(ROUNDS):
        done, begun = 0, time.process_time()
        while (taken := time.process_time() - begun) < ROUND_SECONDS:
            work()
            done += 1
        rates.append(done / taken)
    return statistics.median(rates)


def _peer(media_type: str, data: bytes) -> Callable[[], Any] | None:
    if media_type != "text/html" or find_spec("trafilatura") is None:
        return None
    return partial(import_module("trafilatura").bare_extraction, data.decode())


def _languages() -> None:
    pairs = [(code, sentence) for code, sentences in SENTENCES.items() for sentence in sentences]
    ways: dict[str, Callable[[str], Any]] = {
        "words": lambda text: language_of(Text(text))["code"],
        "words and CLD3": lambda text: language_of(Text(text), detect_language)["code"],
    }
    if find_spec("py3langid") is not None:
        classify = import_module("py3langid").classify
        ways["py3langid"] = lambda text: classify(text)[0]
    print(f"\nLanguages: {len(pairs)} short sentences in {len(SENTENCES)} languages")
    print(f"{'way':16}{'right':>8}{'µs each':>10}")
    for name, way in ways.items():
        right = sum(way(sentence) == code for code, sentence in pairs)
        each = 1e6 / per_second(partial(_all, way, [sentence for _, sentence in pairs])) / len(pairs)
        print(f"{name:16}{right:8}{each:10.0f}")


def _all(way: Callable[[str], Any], sentences: list[str]) -> None:
    for sentence in sentences:
        way(sentence)


def main() -> None:
    """Print the tables."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    print(f"Analysis: documents per second of one core\n{when} · {platform.machine()}, {os.cpu_count()} cores\n")
    analyze = AnalyzeBytes(read_content, time.monotonic, detect_language)
    print(f"{'format':14}{'KB':>7}{'read':>9}{'analysed':>10}{'trafilatura reads':>20}")
    for name, (media_type, data) in documents().items():
        read = per_second(partial(read_content, data, declared=media_type, filename="", seconds=60, max_chars=MAX_TEXT))
        full = per_second(partial(analyze, data, Wanted(declared=media_type)))
        work = _peer(media_type, data)
        peer = f"{per_second(work):.0f}" if work is not None else "–"
        met = f"   target: {TARGET} analysed" if name == "short text" else ""
        print(f"{name:14}{len(data) / 1024:7.1f}{read:9.0f}{full:10.0f}{peer:>20}{met}")
    _languages()


if __name__ == "__main__":
    main()
