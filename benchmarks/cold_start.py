"""Cold start: CPU milliseconds until each function could serve its first event, and until it has, beside two peers.

What is counted: a fresh interpreter with exactly the function's folder, its layers as they are published (bytecode
compiled as `unchecked-hash`) and the SDK of the managed runtime, also compiled; importing the handler, building what
the handler builds once per sandbox, and the DynamoDB client, if the function uses AWS. What is not counted: starting
the interpreter (the same for all; subtracted as the empty handler's time is shown), unpacking the code, the network.

    python -m benchmarks.cold_start [--rounds 9] [--json FILE]

A function that imports late looks better than it is until it is asked something. So where that is possible without AWS
a second column counts on until the first event is answered: `advance` starts a run (reads it and its plan, runs a
cheap node, commits, answers the next step), the API lists runs, and in a row of its own starts one. The services are
played by moto in another process, whose work is not counted.

Peers: `empty` is a handler that does nothing; `boto3` one that only makes a DynamoDB client, and reads one
item with it when asked; `openai SDK` and `anthropic SDK` make the client too, and import that SDK, which the functions
`llm_openai` and `llm_anthropic` do while they start. Rounds alternate between all functions, so that a busy moment of
the machine hits everybody; the figure is the median.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.first_events import first_events
from benchmarks.machine import describe
from infra.layers import BUILD, ROOT, Target, build_all, run_uv
from infra.stages import stage_named

BUDGET_OVER_BOTO3 = {"engine/advance": 60.0, "api/rest": 200.0, "api/rest: execute": 200.0}

LAYERS: dict[str, tuple[str, ...]] = {
    "api/rest": ("core", "base", "api", "tokens"),
    "auth/authorizer": ("core", "base", "auth"),
    "engine/callbacks": ("core", "base", "api"),
    "content/analyze": ("core", "base", "models", "tokens", "parse"),
    "content/analyze_batch": ("core", "base", "models", "tokens", "parse"),
    "content/ingest_batch": ("core", "base", "sql"),
    "content/documents": ("core", "base", "models", "tokens", "sql"),
    "content/read_document": ("core", "base", "parse"),
    "content/embed_chunks": ("core", "base", "models", "tokens"),
    "content/store_document": ("core", "base", "sql"),
    "content/fail_document": ("core", "base", "sql"),
    "content/reembed": ("core", "base", "models", "tokens", "sql"),
    "content/migrate": ("core", "base", "sql"),
    "nodes/documents": ("core", "base", "models", "tokens", "sql"),
    "nodes/parse": ("core", "base", "models", "tokens", "parse"),
    "nodes/code": ("core", "base", "wasm"),
    "plugins/run": ("core", "base", "wasm"),
    "plugins/answer": ("core", "base", "api", "wasm"),
    "nodes/llm": ("core", "base", "models", "tokens"),
    "nodes/llm_openai": ("core", "base", "models", "tokens"),
    "nodes/llm_anthropic": ("core", "base", "models", "tokens"),
    "realtime/connect": ("core", "base", "auth"),
    "realtime/receive": ("core", "base", "auth"),
    "triggers/receive_hook": ("core", "base", "api"),
}
"""The layers that differ from core and base; the stacks in infra/stacks say the same."""

PROBE = """
import json, os, resource, sys
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000
class Context:
    aws_request_id, function_name, memory_limit_in_mb = "bench", "bench", 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
    def get_remaining_time_in_millis(self):
        return 60000
event = json.loads(os.environ["EVENT"])
before = cpu()
import handler
for value in list(vars(handler).values()):
    if hasattr(value, "cache_info") and getattr(value, "__module__", "") == "handler":
        value()
if "boto3" in sys.modules or getattr(handler, "USES_AWS", False):
    import boto3
    boto3.client("dynamodb")
started = cpu()
answer = None if event is None else handler.lambda_handler(event, Context())
answered = cpu()
if isinstance(answer, dict) and answer.get("statusCode", 200) >= 300:
    raise SystemExit(json.dumps(answer))
print("\\n" + json.dumps([started - before, None if event is None else answered - before]))
"""

PEERS = {
    "empty": "def lambda_handler(event, context):\n    return {}\n",
    "boto3": (
        "import os\n\nimport boto3\n\nclient = boto3.client('dynamodb')\n\n\ndef lambda_handler(event, context):\n"
        "    return client.get_item(TableName=os.environ['CATALOG_TABLE'], Key={'pk': {'S': 'a'}, 'sk': {'S': 'b'}})\n"
    ),
    "openai SDK": "import boto3\nimport openai\n",
    "anthropic SDK": "import anthropic\nimport boto3\n",
}

_ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:x"
ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "STANDARD_STATE_MACHINE_ARN": _ARN,
    "EXPRESS_STATE_MACHINE_ARN": _ARN,
    "NODE_FUNCTIONS": "{}",
    "JWT_ISSUER": "https://issuer.example",
    "JWKS_URL": "https://issuer.example/jwks.json",
    "EXECUTION_EVENT_BUDGET": "20000",
    "STAGE": "bench",
    "VERSION": "0",
    "DEFAULT_PROVIDER": "extractive",
    "HOSTED": "bench",
    **{
        name: name.lower()
        for name in (
            *("EVENT_TABLE", "CATALOG_TABLE", "RUNS_TABLE", "PAYLOAD_BUCKET", "TASK_QUEUE_URL", "EVENT_BUS"),
            *(
                "RELAY_DLQ_URL",
                "USER_POOL_ID",
                "USER_POOL_CLIENT_ID",
                "SPEND_TABLE",
                "REALTIME_TABLE",
                "CONNECTIONS_TABLE",
                "BATCHES_TABLE",
                "ANALYZE_BATCH_QUEUE_URL",
                "INGEST_BATCH_QUEUE_URL",
                "PLUGIN_FUNCTION",
                "INGEST_STATE_MACHINE_ARN",
                "WEBHOOK_QUEUE_URL",
                "SCHEDULE_GROUP",
                "SCHEDULE_ROLE_ARN",
                "TIMER_QUEUE_ARN",
                "TIMER_DEAD_LETTERS_ARN",
            ),
        )
    },
}


def managed_runtime() -> Path:
    """Return a folder with boto3 as the managed runtime has it, compiled; made once."""
    folder = BUILD.parent / f"runtime-py{sys.version_info.major}{sys.version_info.minor}"
    if not folder.exists():
        wanted = run_uv("export", "-q", "--frozen", "--only-group", "aws", "--no-emit-project")
        requirements = BUILD.parent / "runtime-requirements.txt"
        requirements.write_text(wanted, encoding="utf-8")
        run_uv("pip", "install", "-q", "--no-deps", "--target", str(folder), "-r", str(requirements))
        _compile(folder)
    return folder


def _compile(folder: Path) -> None:
    command = [sys.executable, "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash", str(folder)]
    subprocess.run(command, check=False)


def once(code: Path, paths: list[Path], event: Any, extra: dict[str, str]) -> tuple[float, float | None]:
    """Return the CPU milliseconds of one cold start: until it could answer, and until it has answered the event."""
    path = os.pathsep.join(str(part) for part in (code, *paths))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **ENVIRONMENT, **extra, "EVENT": json.dumps(event)}
    found = subprocess.run(
        [sys.executable, "-S", "-c", PROBE], env=environment, capture_output=True, text=True, cwd=code
    )
    if found.returncode:
        raise SystemExit(f"{code} does not start:\n{found.stdout}{found.stderr}")
    started, answered = json.loads(found.stdout.strip().splitlines()[-1])
    return started, answered


def main() -> None:
    """Measure, print, and fail if a budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    layers = {name: layer.folder / "python" for name, layer in build_all(Target.of(stage_named("local"))).items()}
    runtime = managed_runtime()
    with tempfile.TemporaryDirectory() as scratch:
        candidates: dict[str, tuple[Path, list[Path]]] = {}
        for name, source in PEERS.items():
            folder = Path(scratch) / name
            folder.mkdir()
            (folder / "handler.py").write_text(source, encoding="utf-8")
            candidates[name] = (folder, [layers["base"], layers["models"], runtime])
        for handler in sorted((ROOT / "functions").glob("*/*/handler.py")):
            name = handler.parent.relative_to(ROOT / "functions").as_posix()
            folder = Path(scratch) / name
            folder.mkdir(parents=True)
            (folder / "handler.py").write_bytes(handler.read_bytes())
            used = LAYERS.get(name, ("core", "base"))
            candidates[name] = (folder, [*(layers[layer] for layer in used), runtime])
        for folder, _ in candidates.values():
            _compile(folder)
        candidates["api/rest: execute"] = candidates["api/rest"]
        times: dict[str, list[tuple[float, float | None]]] = {name: [] for name in candidates}
        with first_events() as events:
            for _ in range(options.rounds):
                for name, (folder, paths) in candidates.items():
                    times[name].append(once(folder, paths, events.of(name), events.environment))
    started = {name: statistics.median([first for first, _ in found]) for name, found in times.items()}
    answered = {
        name: statistics.median([last for _, last in found if last is not None])
        for name, found in times.items()
        if found[0][1] is not None
    }
    broken = report(started, answered)
    if options.json:
        figures = {"machine": describe(), "started_cpu_ms": started, "answered_cpu_ms": answered}
        options.json.write_text(json.dumps(figures, indent=2) + "\n")
    raise SystemExit(1 if broken else 0)


def report(started: dict[str, float], answered: dict[str, float]) -> list[str]:
    """Print the table; return the functions over budget. A budget holds for both columns."""
    print(describe())
    print(f"{'CPU ms':24} {'started':>8} {'over boto3':>11} {'answered':>9} {'over boto3':>11}  budget")
    broken = []
    for name, value in sorted(started.items(), key=lambda pair: pair[1]):
        over = [value - started["boto3"]]
        line = f"{name:24} {value:8.1f} {over[0]:+11.1f}"
        if name in answered:
            over.append(answered[name] - answered["boto3"])
            line += f" {answered[name]:9.1f} {over[1]:+11.1f}"
        budget = BUDGET_OVER_BOTO3.get(name)
        if budget is not None:
            kept = max(over) <= budget
            line += f"  +{budget:.0f} {'kept' if kept else 'BROKEN'}"
            if not kept:
                broken.append(name)
        print(line)
    return broken


if __name__ == "__main__":
    main()
