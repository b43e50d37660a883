"""A stage is one deployment of everything: `local`, `dev`, `staging`, `prod`, or any other name.

Differences between stages are values here, read by the stacks; no stack asks for a stage's name. What a stage of
another name gets is what `dev` gets. Decided at synthesis: templates carry no parameters and no conditions.
"""

import platform
import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

Architecture = Literal["arm64", "x86_64"]
Database = Literal["aurora", "external"]
Egress = Literal["nat", "endpoints"]
VERSION: str = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]["version"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployment. Without account and region it goes wherever the credentials of the deploy point.

    `python`, `architecture`: of the functions and therefore of every wheel and all bytecode in the layers.
    `retain`: data outlives the stack, tables refuse deletion.
    `customer_key`: data at rest is encrypted with a KMS key of the stage instead of keys that AWS owns.
    `archive`: the bus keeps every event for replay. `tracing`: X-Ray.
    `dispatch_concurrency`: how many functions at a time start runs of normal priority; twice as many start those of
    high, half as many those of low priority.
    `batch_concurrency`: how many functions at a time work on items of batches, for each operation.
    `tenant_concurrency`: how many runs of a tenant have a slot, unless its limits say otherwise.
    `default_provider`: who answers where a node names no model and its tenant has no alias `default`.
    `providers`: which of openai, anthropic, azure-openai and gemini have a key of the stage's, in the secret
    `heddle-<stage>/providers/<provider>`; `azure_endpoint` is where the stage's Azure OpenAI resource answers.
    `database`: a cluster of the stage's own, or somebody else's PostgreSQL (docs/decisions/0175). Of the latter,
    `database_url` says where it answers, if it asks no password; else the secret `heddle-<stage>/database` does.
    `database_capacity`: how little and how much the cluster may use, in Aurora capacity units; from 0 it pauses after
    `database_pause_minutes` without a connection. `database_standby`: a second instance takes over when one fails.
    `egress`: how functions beside the cluster reach what is not: through `nat_gateways`, or AWS alone, by endpoints.
    `endpoint`: where the emulator answers, for what cannot be worked out inside (addresses of keys and APIs).
    """

    name: str
    account: str | None = None
    region: str | None = None
    python: str = "3.13"
    architecture: Architecture = "arm64"
    retain: bool = False
    customer_key: bool = False
    log_retention_days: int = 30
    log_level: str = "INFO"
    tracing: bool = True
    alarms: bool = False
    alarm_email: str | None = None
    archive: bool = True
    threat_protection: bool = False
    dispatch_concurrency: int = 20
    batch_concurrency: int = 50
    tenant_concurrency: int = 50
    requests_per_second: int = 100
    request_burst: int = 200
    frames_per_second: int = 1_000
    frame_burst: int = 2_000
    http_allowed_hosts: tuple[str, ...] = ()
    default_provider: str = "bedrock"
    providers: tuple[str, ...] = ()
    azure_endpoint: str | None = None
    event_budget: int = 20_000
    origins: tuple[str, ...] = ("*",)
    endpoint: str | None = None
    api_id: str | None = None
    database: Database = "aurora"
    database_url: str | None = None
    database_capacity: tuple[float, float] = (0, 4)
    database_pause_minutes: int = 10
    database_standby: bool = False
    egress: Egress = "nat"
    nat_gateways: int = 1

    def __post_init__(self) -> None:
        _one_of("database", self.database, Database)
        _one_of("egress", self.egress, Egress)

    @property
    def own_database(self) -> bool:
        """Whether the stage makes a cluster, and a network for it."""
        return self.database == "aurora" and self.database_url is None

    @property
    def database_secret(self) -> str:
        """The secret that says where the stage's database is and who may enter (docs/deploy.md)."""
        return f"heddle-{self.name}/database"

    @property
    def secret_prefix(self) -> str:
        """What the names of all secrets of this stage begin with; the tenant follows."""
        return f"heddle/{self.name}/"

    @property
    def local(self) -> bool:
        """Whether the emulator carries this stage: some resource types it lacks are then left out (docs/decisions)."""
        return self.endpoint is not None


def _one_of(name: str, value: str, kind: object) -> None:
    """Refuse a word that the context of a deploy brought and nobody knows."""
    if value not in get_args(kind):
        raise ValueError(f"{name} is {value!r}: give one of {', '.join(get_args(kind))}")


def _running_architecture() -> Architecture:
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


LOCAL = Stage(
    name="local",
    account="000000000000",
    region="us-east-1",
    # Functions run in this very interpreter: the emulator starts processes, not containers.
    python=f"{sys.version_info.major}.{sys.version_info.minor}",
    architecture=_running_architecture(),
    log_retention_days=7,
    tracing=False,
    archive=False,
    # Eight functions at a time is what a laptop's cores bear; each is a process of its own there. The queue of high
    # priority may use them all.
    dispatch_concurrency=4,
    batch_concurrency=4,
    requests_per_second=10_000,
    request_burst=5_000,
    frames_per_second=10_000,
    frame_burst=5_000,
    # Nothing on a laptop answers for Bedrock; `make up` names another provider that this machine has a key for.
    default_provider="extractive",
    # The guard refuses private addresses unless the stage allows the host; the examples fetch from the laptop.
    endpoint="http://127.0.0.1:4566",
    database="external",
    # The emulator takes eight hexadecimal digits as an API's id from its tag, so the address survives a redeploy.
    api_id="4edd1e00",
)

DEV = Stage(name="dev")

STAGES = {
    stage.name: stage
    for stage in (
        LOCAL,
        DEV,
        Stage(name="staging", customer_key=True, alarms=True, log_retention_days=90, database_capacity=(0, 8)),
        Stage(
            name="prod",
            retain=True,
            customer_key=True,
            alarms=True,
            log_retention_days=365,
            threat_protection=True,
            dispatch_concurrency=200,
            requests_per_second=1_000,
            request_burst=2_000,
            frames_per_second=10_000,
            frame_burst=5_000,
            database_capacity=(1, 32),
            database_standby=True,
            nat_gateways=2,
        ),
    )
}


def stage_named(name: str, **overrides: object) -> Stage:
    """Return the stage of that name, or one like `dev` if it is not listed; overrides that are None change nothing."""
    stage = STAGES.get(name) or replace(DEV, name=name)
    return replace(stage, **{key: value for key, value in overrides.items() if value is not None})  # type: ignore[arg-type]
