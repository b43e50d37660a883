"""What a call costs on its way through our port, beside the bare vendor SDK, against the same local server.

    python -m benchmarks.model_port [--calls 200] [--rounds 5]

The server runs in another process and answers at once, so what is counted is this side's work: CPU of this process and
wall time per call, the median of alternating rounds. Three ways for each vendor:

    SDK        the official client, called as its documentation says
    adapter    our provider: the same client, plus translating the request, the answer and the errors
    pipeline   AskModels: alias, breaker, token bound, price, reservation and ledger (in memory: the table's own time is
               in benchmarks.reservations), then the adapter
"""

import argparse
import itertools
import os
import random
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from benchmarks.machine import describe
from heddle.adapters.memory.breakers import MemoryCircuitStore
from heddle.adapters.memory.cache import MemoryNodeCache
from heddle.adapters.memory.events import MemoryEventStore
from heddle.adapters.memory.model_settings import MemoryModelSettingsStore
from heddle.adapters.memory.spend import MemorySpend
from heddle.adapters.models.registry import provider_for
from heddle.application.budgets.purse import BudgetPurse
from heddle.application.models.ask_model import AskModels
from heddle.application.models.breakers import Breakers
from heddle.application.models.caller import Caller
from heddle.application.models.offers import Offers
from heddle.application.models.response_cache import ResponseCache
from heddle.application.ports.models import CompletionRequest, ModelProvider
from heddle.application.streams.upstream import StreamWithRestarts
from heddle.domain.budgets.budget import Budget
from heddle.domain.models.resolve import StageProviders
from heddle.domain.models.settings import ProviderConfig
from heddle.domain.money import picos

PROMPT = "Why do looms have heddles? " * 20
MODELS = {"openai": "gpt-5-mini", "anthropic": "claude-haiku-4-5", "bedrock": "amazon.nova-lite-v1:0"}
TARGET = 0.5
"""Milliseconds of CPU that the pipeline may add to a call of the bare SDK: nothing beside a model's seconds."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with server() as url:
        environ = {
            "OPENAI_API_KEY": "key",
            "OPENAI_BASE_URL": f"{url}/v1",
            "ANTHROPIC_API_KEY": "key",
            "ANTHROPIC_BASE_URL": url,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "key",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        os.environ.update(environ)
        print("Model port: milliseconds per call, median of alternating rounds, answers at once")
        print(f"{describe()}\n")
        head = f"{'vendor':<11}{'clock':<7}{'SDK':>9}{'adapter':>10}{'pipeline':>10}{'added':>9}"
        print(f"{head}   target: at most {TARGET} ms of CPU added")
        for vendor in MODELS:
            measure(vendor, ways(vendor), chosen.calls, chosen.rounds)


def measure(vendor: str, calls: dict[str, Callable[[], object]], count: int, rounds: int) -> None:
    """Print two lines for a vendor."""
    for call in calls.values():
        for _ in range(10):
            call()
    cpu: dict[str, list[float]] = {name: [] for name in calls}
    wall: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            cpu_began, began = time.process_time(), time.perf_counter()
            for _ in range(count):
                call()
            cpu[name].append((time.process_time() - cpu_began) * 1000 / count)
            wall[name].append((time.perf_counter() - began) * 1000 / count)
    for clock, times in (("CPU", cpu), ("wall", wall)):
        sdk, adapter, pipeline = (statistics.median(times[name]) for name in ("SDK", "adapter", "pipeline"))
        print(f"{vendor:<11}{clock:<7}{sdk:>9.2f}{adapter:>10.2f}{pipeline:>10.2f}{pipeline - sdk:>9.2f}")


def ways(vendor: str) -> dict[str, Callable[[], object]]:
    """Return the three ways of asking a vendor's model."""
    model = MODELS[vendor]
    request = CompletionRequest(prompt=PROMPT, system="Be brief.", max_tokens=200, model=model)
    key = None if vendor == "bedrock" else "key"
    config = ProviderConfig(vendor, vendor)
    provider = provider_for(config, key)
    ask = pipeline(config, provider)
    caller = Caller("acme", "user:ada", "", workflow_id="w", run_id="r", root_run_id="r", node_id="n")
    return {
        "SDK": bare(vendor, model),
        "adapter": lambda: provider.complete(request),
        "pipeline": lambda: ask(caller, f"{vendor}/{model}", request),
    }


def bare(vendor: str, model: str) -> Callable[[], object]:
    """Return a call of the vendor's own client."""
    if vendor == "openai":
        import openai

        client = openai.OpenAI(max_retries=0)
        messages: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
        return lambda: client.chat.completions.create(model=model, messages=messages, max_completion_tokens=200)
    if vendor == "anthropic":
        import anthropic

        claude = anthropic.Anthropic(max_retries=0)
        said: list[Any] = [{"role": "user", "content": PROMPT}]
        return lambda: claude.messages.create(model=model, max_tokens=200, system="Be brief.", messages=said)
    import boto3

    bedrock = boto3.client("bedrock-runtime")
    return lambda: bedrock.converse(
        modelId=model,
        system=[{"text": "Be brief."}],
        messages=[{"role": "user", "content": [{"text": PROMPT}]}],
        inferenceConfig={"maxTokens": 200},
    )


def pipeline(config: ProviderConfig, provider: ModelProvider) -> AskModels:
    """Return the whole pipeline over memory, with two budgets that cover the call."""
    spend, ids = MemorySpend(), itertools.count()
    for number, scope in enumerate(("tenant", "user")):
        budget = Budget(f"b{number}", scope, "acme" if scope == "tenant" else "*", "month", picos("1000000"))
        spend.put("acme", budget, spend.control("acme"))

    def now() -> datetime:
        return datetime.now(UTC)

    return AskModels(
        offers=Offers(MemoryModelSettingsStore(), StageProviders({config.name: config}, config.name), time.monotonic),
        connect=lambda tenant, candidate: provider,
        purse=BudgetPurse(spend, spend, MemoryEventStore(), now, random.random, time.sleep),
        breakers=Breakers(MemoryCircuitStore()),
        cache=ResponseCache(MemoryNodeCache(), now),
        stream=StreamWithRestarts(time.monotonic, time.sleep, random.random),
        now=now,
        monotonic=time.monotonic,
        new_id=lambda: f"call-{next(ids)}",
    )


@contextmanager
def server() -> Iterator[str]:
    """Run the tests' model server as a process of its own; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.contract.model_servers.server", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"{url}/requests", timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        else:
            raise SystemExit("the model server did not start")
        yield url
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
