"""OpenAI's tokens, counted exactly by tiktoken, from vocabularies that lie in a wheel instead of on the network.

The layer `tokens` brings both. It is imported when a count is asked for: 15 ms, and 210 ms (o200k) or 140 ms (cl100k)
and some 30 to 80 MB for an encoding, once. Most calls never get here, because a bound is enough for them.
"""

import gzip
import hashlib
import os
import re
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

LONGEST = 2_000_000
"""Characters; a longer text is estimated, so that nobody waits seconds for a count."""

LONGEST_GAP = 500_000
"""White space in a row; tiktoken's splitting of o200k gives up on a million of it."""

_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_lock = threading.Lock()
_made: dict[str, "Encoding"] = {}


def exact_tokens(family: str, text: str) -> int | None:
    """Return the tokens of a text in `o200k` or `cl100k`; None without the layer, or for a text that is too long."""
    if len(text) > LONGEST or (len(text) > LONGEST_GAP and _has_gap(text)):
        return None
    encoding = _made.get(family) or _encoding(family)
    # Text is text: `<|endoftext|>` in a prompt reaches the model as these characters.
    return None if encoding is None else len(encoding.encode_ordinary(text))


def _has_gap(text: str) -> bool:
    return any(found.end() - found.start() > LONGEST_GAP for found in re.finditer(r"\s+", text))


def _encoding(family: str) -> "Encoding | None":
    with _lock:
        if family not in _made:
            vocabulary = _vocabulary(f"{family}_base")
            if vocabulary is None:
                return None
            _made[family] = _load(f"{family}_base", vocabulary)
        return _made[family]


def _vocabulary(name: str) -> Path | None:
    if find_spec("tiktoken") is None:
        return None
    # Found, not imported: the wheel's own tokenizer is 74 MB of library, which the layer leaves out.
    package = find_spec("bpe_openai")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0]) / "data" / f"{name}.tiktoken.gz"


def _load(name: str, vocabulary: Path) -> "Encoding":
    """Put the vocabulary where tiktoken keeps what it has downloaded; it checks the hash, and asks no network."""
    import tiktoken

    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    with tempfile.TemporaryDirectory() as folder:
        kept = hashlib.sha1(_ADDRESS.format(name).encode(), usedforsecurity=False).hexdigest()
        Path(folder, kept).write_bytes(gzip.decompress(vocabulary.read_bytes()))
        os.environ["TIKTOKEN_CACHE_DIR"] = folder
        try:
            return tiktoken.get_encoding(name)
        finally:
            if before is None:
                del os.environ["TIKTOKEN_CACHE_DIR"]
            else:
                os.environ["TIKTOKEN_CACHE_DIR"] = before
