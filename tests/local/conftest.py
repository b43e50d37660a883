"""A local stage of the tests' own, brought up once by the command a user would type, and the emulator alone.

HEDDLE_TEST_STAGE=running uses the stage that is up already (the one of HEDDLE_HOME, or the project's); it was started
with HEDDLE_HTTP_ALLOWED_HOSTS and what `reached_at` returns in its environment, and so are the tests.
"""

import json
import os
import secrets
import shlex
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from heddle_cli.stage import aws, emulator, providers
from heddle_cli.stage.home import Home, is_free
from heddle_sdk import Client
from tests.contract.model_servers.server import ModelServer, model_server
from tests.support.upstream import Upstream, serving

if TYPE_CHECKING:
    from tests.local.backstage import Backstage
    from tests.local.tenants import Tenant

ROOT = Path(__file__).resolve().parents[2]
TEST_HOME = ROOT / ".build" / "test stage"
"""Kept between sessions, so that the second one starts warm; with a space in its name, on purpose."""


OURS = ("AWS_", "HEDDLE_", "OPENAI_", "ANTHROPIC_")


@dataclass(frozen=True)
class Cli:
    """Runs the command as a user would, for one stage; of the models of this machine it knows only `models`."""

    home: Path
    allowed_hosts: str = ""
    models: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith(OURS) and k not in providers.VARIABLES}
        done = subprocess.run(
            [str(ROOT / "bin" / "heddle"), *arguments],
            env=env
            | self.models
            | {"HEDDLE_HOME": str(self.home), "COLUMNS": "160"}
            | ({"HEDDLE_HTTP_ALLOWED_HOSTS": self.allowed_hosts} if self.allowed_hosts else {}),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check:
            assert done.returncode == 0, f"heddle {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
        return done

    @property
    def typed(self) -> str:
        """How the command prints itself, so that the next one can be copied."""
        return shlex.quote(str(ROOT / "bin" / "heddle"))

    def json(self, *arguments: str) -> Any:
        """Return the JSON that the command prints."""
        return json.loads(self(*arguments, "--json").stdout)


RUNNING = os.environ.get("HEDDLE_TEST_STAGE") == "running"


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """Return the one server inside this machine that workflows on the stage may call."""
    port = int(os.environ["HEDDLE_HTTP_ALLOWED_HOSTS"].rpartition(":")[2]) if RUNNING else kept_port()
    with serving(port) as server:
        yield server


@pytest.fixture(scope="session")
def model_providers() -> Iterator[ModelServer]:
    """Return the one server that stands for OpenAI, Anthropic and Bedrock, whoever names them."""
    port = int(os.environ["OPENAI_BASE_URL"].removesuffix("/v1").rpartition(":")[2]) if RUNNING else 0
    with model_server(port) as server:
        yield server


def reached_at(server: ModelServer) -> dict[str, str]:
    """Return the environment in which the providers are this server, and whoever names none is answered without.

    Bedrock is asked with the credentials of the functions: a key for it travels over TLS only.
    """
    return {
        "HEDDLE_DEFAULT_PROVIDER": "extractive",
        "OPENAI_API_KEY": "a-key-for-tests",
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "ANTHROPIC_API_KEY": "a-key-for-tests",
        "ANTHROPIC_BASE_URL": server.url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.url,
    }


def kept_port() -> int:
    """Return a free port: the one of last time if it is still free, so that the stage need not be deployed again."""
    file = TEST_HOME / "upstream.port"
    port = int(file.read_text()) if file.exists() else 8890
    port = next(p for p in range(port, port + 1000) if is_free(p))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(port))
    return port


@pytest.fixture(scope="session")
def heddle(request: pytest.FixtureRequest) -> Iterator[Cli]:
    """Return the command, with a stage that is up."""
    if RUNNING:
        models = reached_at(request.getfixturevalue("model_providers"))
        cli = Cli(Home.find().path, os.environ.get("HEDDLE_HTTP_ALLOWED_HOSTS", ""), models)
    else:
        upstream, server = request.getfixturevalue("upstream"), request.getfixturevalue("model_providers")
        cli = Cli(TEST_HOME, upstream.authority, reached_at(server))
    cli("up")
    yield cli
    if not RUNNING:
        cli("down")


@pytest.fixture(scope="session")
def stage(heddle: Cli) -> dict[str, str]:
    """Return the stage file."""
    found: dict[str, str] = json.loads((heddle.home / "stage.json").read_text())
    return found


@pytest.fixture
def client(stage: dict[str, str]) -> Iterator[Client]:
    """Return a client of the demo tenant."""
    with Client(stage["api_url"], api_key=stage["api_key"]) as made:
        yield made


@pytest.fixture(scope="module")
def backstage(heddle: Cli) -> "Backstage":
    """Return what is behind the API of the stage."""
    from tests.local.backstage import Backstage

    return Backstage(heddle.home)


@pytest.fixture(scope="module")
def tenant(backstage: "Backstage", stage: dict[str, str]) -> Iterator["Tenant"]:
    """Return a tenant that only this module's tests have."""
    from tests.local.tenants import tenant_of_its_own

    with tenant_of_its_own(backstage, stage["api_url"]) as made:
        yield made


@pytest.fixture
def word() -> str:
    """Return a word of the test's own, by which its requests to models are known."""
    return f"w{secrets.token_hex(4)}"


@dataclass(frozen=True)
class Emulator:
    """The emulator with our patches, and nothing deployed."""

    port: int

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        return aws.client(service, self.port)

    def function(self, name: str, source: str, **settings: Any) -> Any:
        """Deploy a Python function of one module; returns what calls it."""
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("index.py", source)
        lambdas = self.client("lambda")
        lambdas.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": archive.getvalue()},
            **({"Timeout": 10} | settings),
        )

        def call(event: Any = None) -> tuple[Any, bool]:
            answer = lambdas.invoke(FunctionName=name, Payload=json.dumps(event or {}).encode())
            return json.loads(answer["Payload"].read() or b"null"), "FunctionError" in answer

        return call


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Return an emulator for the tests of a module."""
    emulator.install()
    home = Home(tmp_path_factory.mktemp("bare emulator"))
    home.create()
    port = next(p for p in range(8901, 9900) if is_free(p))
    log = (home.logs / "emulator.log").open("wb")
    process = subprocess.Popen(
        emulator.command(), env=emulator.environment(home, port), stdin=subprocess.PIPE, stdout=log, stderr=log
    )
    try:
        wait_until(lambda: answers(port), 30, "the emulator is ready")
        yield Emulator(port)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        log.close()


def answers(port: int) -> bool:
    """Whether the emulator at this port is ready."""
    import httpx

    try:
        return httpx.get(f"http://127.0.0.1:{port}/_heddle/health", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Return the first true value of the condition; fails, naming what was waited for, if there is none in time."""
    import threading
    import time

    pause, until = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < until:
        value = condition()
        if value:
            return value
        pause.wait(0.05)
    pytest.fail(f"after {seconds:.0f} s still not: {what}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder; starting a stage takes longer than the usual limit of a test."""
    for item in items:
        if Path(str(item.path)).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.local)
            item.add_marker(pytest.mark.timeout(420))
