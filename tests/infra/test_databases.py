"""The stage's own database: who reaches it, as whom, and what it costs while nobody does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra.app import stage_of
from infra.stacks.databases import connections_at_most
from infra.stages import Stage, stage_named
from tests.infra.conftest import Synthesised, synthesised

USERS = {
    "content/documents",
    "content/fail_document",
    "content/ingest_batch",
    "content/migrate",
    "content/reembed",
    "content/store_document",
    "nodes/documents",
}


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    return synthesised(stage_named("dev", egress="endpoints"), tmp_path_factory.mktemp("dev"))


@pytest.fixture
def prod(synthesise: Callable[[str], Synthesised]) -> Synthesised:
    return synthesise("prod")


def functions(stage: Synthesised) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: (stack, function["Properties"])
        for stack, _, function in stage.resources("AWS::Lambda::Function")
    }


def statements(stage: Synthesised, stack: str, function: dict[str, Any]) -> list[dict[str, Any]]:
    role = function["Role"]["Fn::GetAtt"][0]
    return [
        statement
        for policy in stage.templates[stack]["Resources"].values()
        if policy["Type"] == "AWS::IAM::Policy" and {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def cluster(stage: Synthesised) -> dict[str, Any]:
    ((_, _, resource),) = stage.resources("AWS::RDS::DBCluster")
    return resource


def test_what_uses_the_database_is_beside_it_and_nothing_else_is(prod: Synthesised) -> None:
    inside = {folder for folder, (_, function) in functions(prod).items() if "VpcConfig" in function}

    told = {
        f for f, (_, function) in functions(prod).items() if "DATABASE_HOST" in function["Environment"]["Variables"]
    }

    assert inside == told
    assert told >= USERS


def test_functions_log_in_by_their_role_and_only_the_migrations_know_the_password_of_the_owner(
    prod: Synthesised,
) -> None:
    for folder in USERS:
        stack, function = functions(prod)[folder]
        allowed = json.dumps(statements(prod, stack, function))
        migrates = folder == "content/migrate"

        assert ("rds-db:connect" in allowed) is not migrates, folder
        assert ("MasterUserSecret" in allowed) is migrates, folder
        assert ("DATABASE_OWNER_SECRET" in function["Environment"]["Variables"]) is migrates, folder


def test_nothing_but_those_functions_reaches_the_cluster(prod: Synthesised) -> None:
    rules = [rule["Properties"] for _, _, rule in prod.resources("AWS::EC2::SecurityGroupIngress")]

    assert [rule["FromPort"] for rule in rules] == [5432]
    assert "FunctionsGroup" in json.dumps(rules[0]["SourceSecurityGroupId"])
    instances = [instance["Properties"] for _, _, instance in prod.resources("AWS::RDS::DBInstance")]
    assert [instance["PubliclyAccessible"] for instance in instances] == [False, False]


def test_the_cluster_keeps_its_data_where_the_stage_keeps_data(prod: Synthesised, dev: Synthesised) -> None:
    kept, snapped = cluster(prod), cluster(dev)

    assert (kept["DeletionPolicy"], kept["Properties"]["DeletionProtection"]) == ("Retain", True)
    assert (snapped["DeletionPolicy"], snapped["Properties"]["DeletionProtection"]) == ("Snapshot", False)
    assert kept["Properties"]["BackupRetentionPeriod"] > snapped["Properties"]["BackupRetentionPeriod"] >= 7


def test_the_cluster_is_encrypted_with_the_key_of_the_stage_if_it_has_one(prod: Synthesised, dev: Synthesised) -> None:
    for stage in (prod, dev):
        properties = cluster(stage)["Properties"]
        assert properties["StorageEncrypted"] is True
        assert ("KmsKeyId" in properties) is stage.stage.customer_key
        assert properties["ManageMasterUserPassword"] is True


def test_a_cluster_that_may_pause_has_no_proxy_and_is_waited_for(prod: Synthesised, dev: Synthesised) -> None:
    scaling = cluster(dev)["Properties"]["ServerlessV2ScalingConfiguration"]
    waiting = {
        folder: int(function["Environment"]["Variables"].get("DATABASE_WAKING_SECONDS", 0))
        for folder, (_, function) in functions(dev).items()
        if folder in USERS
    }

    assert scaling == {"MinCapacity": 0, "MaxCapacity": 4, "SecondsUntilAutoPause": 600}
    assert list(dev.resources("AWS::RDS::DBProxy")) == []
    for folder, seconds in waiting.items():
        assert 15 < seconds < functions(dev)[folder][1]["Timeout"], folder
    assert not any(
        "DATABASE_WAKING_SECONDS" in function["Environment"]["Variables"] for _, function in functions(prod).values()
    )


def test_with_endpoints_there_is_no_way_out_but_to_aws(dev: Synthesised) -> None:
    assert list(dev.resources("AWS::EC2::NatGateway")) == []
    assert list(dev.resources("AWS::EC2::InternetGateway")) == []
    services = json.dumps([endpoint["Properties"] for _, _, endpoint in dev.resources("AWS::EC2::VPCEndpoint")])
    for service in ("s3", "dynamodb", "secretsmanager", "states", "sqs", "bedrock-runtime"):
        assert f".{service}" in services
    assert dev.findings == []


def test_tables_and_buckets_are_reached_without_nat(prod: Synthesised) -> None:
    kinds = [endpoint["Properties"]["VpcEndpointType"] for _, _, endpoint in prod.resources("AWS::EC2::VPCEndpoint")]

    assert kinds == ["Gateway", "Gateway"]


def test_somebody_is_told_before_the_cluster_is_full(prod: Synthesised) -> None:
    alarms = {
        alarm["Properties"].get("MetricName"): alarm["Properties"]["Threshold"]
        for stack, _, alarm in prod.resources("AWS::CloudWatch::Alarm")
        if stack == "Databases"
    }

    assert alarms == {"ACUUtilization": 90, "DatabaseConnections": 4_500}


@pytest.mark.parametrize(
    ("capacity", "expected"), [((0, 4), 823), ((0, 32), 2_000), ((0.5, 1), 189), ((1, 32), 5_000), ((2, 20), 3_360)]
)
def test_connections_follow_the_capacity(capacity: tuple[float, float], expected: int) -> None:
    assert connections_at_most(Stage(name="x", database_capacity=capacity)) == expected


@pytest.mark.parametrize(
    ("context", "own"),
    [
        ({}, True),
        ({"database": "external"}, False),
        ({"database_url": "postgresql://db.example.org/heddle"}, False),
    ],
)
def test_a_stage_may_bring_its_database(context: dict[str, str], own: bool) -> None:
    assert stage_of(App(context={"stage": "alice", **context})).own_database is own


@pytest.mark.parametrize(("key", "value"), [("database", "mysql"), ("egress", "none")])
def test_another_word_is_refused(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"{key} is {value!r}: give one of"):
        stage_of(App(context={"stage": "alice", key: value}))


def test_a_stage_with_another_database_has_no_network(tmp_path: Path) -> None:
    stage = synthesised(stage_named("alice", database="external"), tmp_path)

    assert {"Network", "Databases"} & set(stage.templates) == set()
    assert not any("VpcConfig" in function for _, function in functions(stage).values())
    assert functions(stage)["content/migrate"][1]["Environment"]["Variables"]["DATABASE_SECRET"] == (
        "heddle-alice/database"
    )


def test_migrations_come_after_the_cluster_and_before_what_needs_them(prod: Synthesised) -> None:
    manifest = json.loads((prod.folder / "manifest.json").read_text())["artifacts"]
    content = prod.templates["Content"]["Resources"]

    assert "Heddle-prod-Databases" in manifest["Heddle-prod-Content"]["dependencies"]
    for machine in (r for r in content.values() if r["Type"] == "AWS::StepFunctions::StateMachine"):
        assert "Migrations" in machine["DependsOn"]
