"""Imports point one way, and a function imports no more than it needs: both are what cold starts are made of."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.handlers import FOLDERS, imported

ROOT = Path(__file__).parents[2]

# Each costs a cold start tens to hundreds of milliseconds: pydantic 116, the resolver 116, openai 472, anthropic 1057.
SLOW = {
    "pydantic",
    "jsonschema_rs",
    "yaml",
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.parser",
    "openai",
    "anthropic",
    "genai_prices",
    "tiktoken",
    "bpe_openai",
    "lxml",
    "pypdfium2",
    "selectolax",
    "markdown_it",
    "gcld3",
    "jwt",
    "cryptography",
    "psycopg",
    "wasmtime",
}
# What some functions are there for.
ALLOWED = {
    "api/rest": SLOW
    - {
        "openai",
        "anthropic",
        "genai_prices",
        "tiktoken",
        "bpe_openai",
        "lxml",
        "pypdfium2",
        "selectolax",
        "markdown_it",
        "gcld3",
        "psycopg",
    },
    "content/analyze": SLOW
    - {
        "openai",
        "anthropic",
        "genai_prices",
        "tiktoken",
        "bpe_openai",
        "psycopg",
        "wasmtime",
    },
    "content/documents": SLOW
    - {
        "openai",
        "anthropic",
        "genai_prices",
        "tiktoken",
        "bpe_openai",
        "lxml",
        "pypdfium2",
        "selectolax",
        "markdown_it",
        "gcld3",
        "psycopg",
        "wasmtime",
    },
    "plugins/run": {"wasmtime"},
    "plugins/answer": {
        "pydantic",
        "aws_lambda_powertools.event_handler",
        "aws_lambda_powertools.utilities.parser",
        "yaml",
        "jsonschema_rs",
    },
    "content/migrate": {"psycopg"},
    "auth/authorizer": {"jwt", "cryptography"},
    "realtime/connect": {"jwt", "cryptography"},
    "nodes/documents": {"psycopg"},
    "nodes/code": {"wasmtime"},
    "nodes/parse": {"lxml", "pypdfium2", "selectolax", "markdown_it", "gcld3"},
    "nodes/llm_openai": {"openai", "pydantic"},
    "nodes/llm_anthropic": {"anthropic", "pydantic"},
}


def test_layers_know_only_what_is_before_them() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))",
        ],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "layers" / "core" / "python")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_imports_nothing_slow_that_it_does_not_need_and_no_tools(folder: str) -> None:
    loaded = imported(folder).modules

    slow = {name for name in SLOW if name in loaded}
    top = {module.partition(".")[0] for module in loaded}

    assert slow <= ALLOWED.get(folder, set())
    assert top.isdisjoint({"pytest", "moto", "hypothesis", "infra", "tests", "heddle_cli", "heddle_sdk", "aws_cdk"})
