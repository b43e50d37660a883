"""What live text costs per token: our whole path beside a bare loop over the vendor's SDK, against the same server.

The peer reads `chat.completions.create(stream=True)` of the official `openai` SDK and joins the text. Ours is read
through the provider's adapter and the stream that begins anew when it breaks; then the same with frames gathered and
written to a topic in memory. The server sends as fast as it is read, which is the worst case for whoever adds work per
token; a real model gives a hundred tokens a second, and one of those is ten thousand microseconds.

    make bench    or    python -m benchmarks.streaming [--rounds 20] [--tokens 2000]
"""

import argparse
import time
from datetime import UTC, datetime
from typing import Any

import openai

from benchmarks.machine import describe
from benchmarks.peers import side_by_side
from benchmarks.token_server import token_server, words
from heddle.adapters.memory.topics import MemoryTopicLog
from heddle.adapters.models.openai import OpenAIProvider
from heddle.application.ports.models import CompletionRequest
from heddle.application.streams.token_stream import TokenStream
from heddle.application.streams.upstream import StreamWithRestarts
from heddle.domain.models.settings import ProviderConfig
from heddle.domain.nodes.spec import NodeTask

TARGET = 1.25
TASK = NodeTask("acme", "r", "write", 1, "llm", {}, 60.0, "key", "correlation", live=True)


class Readers:
    """The ways of reading one answer; each checks that it got all of it."""

    def __init__(self, url: str, tokens: int) -> None:
        self.tokens, self.text = tokens, "".join(words(tokens))
        self.sdk = openai.OpenAI(api_key="key", base_url=url, max_retries=0)
        self.provider = OpenAIProvider(ProviderConfig("talker", "openai-compatible", base_url=url), "key")
        self.request = CompletionRequest("Talk", model="talker", max_tokens=tokens, timeout=60.0)
        self.upstream = StreamWithRestarts(time.monotonic, time.sleep, lambda: 0.5)
        self.frames = 0

    def bare(self) -> None:
        """Loop over the SDK's stream."""
        pieces = []
        options: dict[str, Any] = {"stream_options": {"include_usage": True}, "max_tokens": self.tokens}
        message: Any = [{"role": "user", "content": "Talk"}]
        for chunk in self.sdk.chat.completions.create(model="talker", messages=message, stream=True, **options):
            if chunk.choices and chunk.choices[0].delta.content:
                pieces.append(chunk.choices[0].delta.content)
        self._check("".join(pieces))

    def port(self) -> None:
        """Read through our port, with restarts."""
        pieces: list[str] = []
        streamed = self.upstream(self.provider, self.request, pieces.append, pieces.clear)
        self._check("".join(pieces))
        self._check(streamed.completion.text)

    def live(self) -> None:
        """Read through our port, and write frames to a topic."""
        log = MemoryTopicLog()
        stream = TokenStream(log, TASK, now=lambda: datetime.now(UTC), monotonic=time.monotonic)
        self.upstream(self.provider, self.request, stream.text, stream.restart)
        stream.done()
        frames = log.read("acme", "run:r", after=0, limit=100_000)
        self._check("".join(frame.data["text"] for frame in frames if frame.type == "token"))
        self.frames = len(frames)

    def _check(self, text: str) -> None:
        if text != self.text:
            raise SystemExit(f"of {len(self.text)} characters {len(text)} came")


def main() -> None:
    """Print microseconds per token."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--tokens", type=int, default=2000)
    options = parser.parse_args()
    with token_server(options.tokens) as url:
        readers = Readers(url, options.tokens)
        bare, port, live = side_by_side(options.rounds, readers.bare, readers.port, readers.live)
    print(f"Streaming: µs per token, answers of {options.tokens} tokens, median of alternating rounds")
    print(f"{describe()} · openai {openai.__version__}\n")
    print(f"{'':<34}{'CPU':>8}{'ratio':>8}{'wall':>8}{'ratio':>8}   target: ratio ≤ {TARGET}")
    for name, times in (("openai SDK, bare loop", bare), ("our port", port), ("our port, frames to a topic", live)):
        cells = "".join(
            f"{seconds / options.tokens * 1e6:>8.1f}{seconds / peer:>8.2f}"
            for seconds, peer in zip(times, bare, strict=True)
        )
        print(f"{name:<34}{cells}")
    print(f"\n{readers.frames} frames for {options.tokens} tokens")


if __name__ == "__main__":
    main()
