"""Promises that every stack keeps, whatever is added to it."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from infra.constructs.python_function import FUNCTIONS
from tests.infra.conftest import Synthesised

# What the local stage is made of: each type deploys on the pinned emulator (docs/decisions/0064). A stack with another
# one is refused there as a whole, so try it with `make up` before adding it here.
EMULATED = {
    "AWS::ApiGateway::Authorizer",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::GatewayResponse",
    "AWS::ApiGateway::Method",
    "AWS::ApiGateway::Resource",
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::AppConfig::Application",
    "AWS::AppConfig::ConfigurationProfile",
    "AWS::AppConfig::Deployment",
    "AWS::AppConfig::DeploymentStrategy",
    "AWS::AppConfig::Environment",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolGroup",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::Scheduler::Schedule",
    "AWS::Scheduler::ScheduleGroup",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::StepFunctions::StateMachine",
}


def test_no_finding_of_cdk_nag_is_left_without_a_reason(stage: Synthesised) -> None:
    assert stage.findings == []


def test_every_log_group_forgets(stage: Synthesised) -> None:
    groups = list(stage.resources("AWS::Logs::LogGroup"))

    assert groups
    assert [name for _, name, group in groups if "RetentionInDays" not in group["Properties"]] == []


def test_every_function_writes_to_a_log_group_of_its_own(stage: Synthesised) -> None:
    groups = [
        json.dumps(function["Properties"]["LoggingConfig"]["LogGroup"])
        for _, _, function in stage.resources("AWS::Lambda::Function")
    ]

    assert len(groups) == len(set(groups)) > 0


def test_every_function_has_a_handler_in_its_folder_and_every_handler_a_function(stage: Synthesised) -> None:
    deployed = {
        function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for _, _, function in stage.resources("AWS::Lambda::Function")
    }

    written = {str(path.parent.relative_to(FUNCTIONS)) for path in FUNCTIONS.glob("*/*/handler.py")}

    assert deployed == written


def test_every_queue_has_dead_letters_or_holds_them(stage: Synthesised) -> None:
    queues = {(stack, name): queue["Properties"] for stack, name, queue in stage.resources("AWS::SQS::Queue")}
    dead = {
        (stack, queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0])
        for (stack, _), queue in queues.items()
        if "RedrivePolicy" in queue
    }

    without = [key for key, queue in queues.items() if "RedrivePolicy" not in queue and key not in dead]

    # These receive what a stream consumer or a timer gives up on: nobody reads them but a person.
    kept = ("RelayDeadLetters", "RelayFailures", "StreamFailures", "TimerDeadLetters")
    assert all(any(part in name for part in kept) for _, name in without)


def test_a_message_stays_hidden_six_times_as_long_as_its_handler_may_take(stage: Synthesised) -> None:
    for stack, _, mapping in stage.resources("AWS::Lambda::EventSourceMapping"):
        resources = stage.templates[stack]["Resources"]
        source = mapping["Properties"]["EventSourceArn"]
        queue = stage.owned(stack, source)
        if queue is None or queue["Type"] != "AWS::SQS::Queue":
            continue

        function = resources[mapping["Properties"]["FunctionName"]["Ref"]]["Properties"]

        assert queue["Properties"]["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_every_consumer_reports_single_failures_and_has_somewhere_to_fail_to(stage: Synthesised) -> None:
    mappings = list(stage.resources("AWS::Lambda::EventSourceMapping"))

    assert mappings
    for stack, name, mapping in mappings:
        properties = mapping["Properties"]
        assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        if "StartingPosition" in properties:
            assert properties["BisectBatchOnFunctionError"] is True, name
            assert properties["MaximumRecordAgeInSeconds"] <= 86_400, name
            assert "OnFailure" in properties["DestinationConfig"], name
        else:
            queue = stage.owned(stack, properties["EventSourceArn"])
            assert queue is not None and "RedrivePolicy" in queue["Properties"], name


def test_every_rule_keeps_what_it_could_not_deliver(stage: Synthesised) -> None:
    rules = list(stage.resources("AWS::Events::Rule"))

    assert rules
    for _, name, rule in rules:
        assert all("DeadLetterConfig" in target for target in rule["Properties"]["Targets"]), name


def test_every_dead_letter_queue_has_an_alarm_where_the_stage_wants_alarms(stage: Synthesised) -> None:
    watched = {
        (stack, dimension["Value"]["Fn::GetAtt"][0])
        for stack, _, alarm in stage.resources("AWS::CloudWatch::Alarm")
        for dimension in alarm["Properties"].get("Dimensions", ())  # one of several metrics has none of its own
        if dimension["Name"] == "QueueName"
    }
    queues = {(stack, name) for stack, name, queue in stage.resources("AWS::SQS::Queue")}

    assert watched == (queues if stage.stage.alarms else set())


def test_every_table_can_be_restored_to_any_second_and_is_encrypted(stage: Synthesised) -> None:
    tables = [table["Properties"] for _, _, table in stage.resources("AWS::DynamoDB::Table")]

    assert len(tables) == 7
    for table in tables:
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"]["SSEEnabled"] is True
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table.get("DeletionProtectionEnabled", False) is stage.stage.retain


def test_data_outlives_the_stack_only_where_the_stage_says_so(stage: Synthesised) -> None:
    expected = "Retain" if stage.stage.retain else "Delete"

    for kind in ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool", "AWS::KMS::Key"):
        assert {resource["DeletionPolicy"] for _, _, resource in stage.resources(kind)} <= {expected}


def test_nothing_but_encrypted_connections_reaches_buckets_and_queues(stage: Synthesised) -> None:
    buckets, queues = (list(stage.resources(kind)) for kind in ("AWS::S3::Bucket", "AWS::SQS::Queue"))
    policies = [
        *stage.resources("AWS::S3::BucketPolicy"),
        *stage.resources("AWS::SQS::QueuePolicy"),
    ]

    refusing = [
        policy
        for _, _, policy in policies
        if any(
            statement.get("Condition", {}).get("Bool") == {"aws:SecureTransport": "false"}
            and statement["Effect"] == "Deny"
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        )
    ]

    assert len(refusing) == len(buckets) + len(queues)


def test_no_role_may_do_everything_of_anything(stage: Synthesised) -> None:
    wild = [
        (name, action)
        for name, statement in _statements(stage)
        if statement["Effect"] == "Allow"
        for action in _listed(statement["Action"])
        if "*" in action
    ]

    assert wild == []


def test_no_role_may_scan_a_table(stage: Synthesised) -> None:
    actions = {action for _, statement in _statements(stage) for action in _listed(statement["Action"])}

    assert "dynamodb:Scan" not in actions
    assert "dynamodb:Query" in actions


def test_whoever_asks_bedrock_may_use_profiles_and_guardrails_and_count(stage: Synthesised) -> None:
    asking = {}
    for stack, name, resource in stage.resources("AWS::IAM::Policy"):
        text = json.dumps(resource["Properties"]["PolicyDocument"])
        if "bedrock:" in text:
            asking[stack, name] = text

    assert len(asking) == 10
    for text in asking.values():
        for named in (
            "bedrock:CountTokens",
            "bedrock:ApplyGuardrail",
            "application-inference-profile/*",
            "guardrail/*",
        ):
            assert named in text


def test_no_role_uses_a_policy_that_somebody_else_can_change(stage: Synthesised) -> None:
    managed = [
        name
        for _, name, role in stage.resources("AWS::IAM::Role")
        # The one that lets API Gateway write logs is made by AWS for exactly that.
        if role["Properties"].get("ManagedPolicyArns") and "CloudWatchRole" not in name
    ]

    assert managed == []


def test_only_these_stacks_are_used_by_others(stage: Synthesised) -> None:
    exported = {
        stack
        for stack, template in stage.templates.items()
        if any("Export" in output for output in template.get("Outputs", {}).values())
    }

    database = {"Databases", "Network"} if stage.stage.own_database else set()
    assert exported == {"Content", "Data", "Engine", "Webhooks"} | database


def test_no_layer_and_no_function_is_exported(stage: Synthesised) -> None:
    for stack, template in stage.templates.items():
        kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
        exported = [output for output in template.get("Outputs", {}).values() if "Export" in output]

        for output in exported:
            value = output["Value"]
            source = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
            assert kinds[source] not in {"AWS::Lambda::LayerVersion", "AWS::Lambda::Function"}, (stack, output)


def test_no_function_has_more_than_the_five_layers_that_lambda_takes(stage: Synthesised) -> None:
    for _, name, function in stage.resources("AWS::Lambda::Function"):
        layers = [layer["Ref"] for layer in function["Properties"]["Layers"]]

        assert 2 <= len(layers) <= 5, name
        assert "Core" in layers[0], name


def test_only_public_routes_go_without_the_authorizer(stage: Synthesised) -> None:
    from heddle.runtime.api.routes.table import DOCUMENTED

    public = {(route.method, route.path) for route in DOCUMENTED if route.role == "public"}
    template = stage.templates["Api"]["Resources"]
    without = {
        (method["Properties"]["HttpMethod"], _path(template, method["Properties"]["ResourceId"]))
        for _, _, method in stage.resources("AWS::ApiGateway::Method")
        if method["Properties"]["AuthorizationType"] == "NONE" and method["Properties"]["HttpMethod"] != "OPTIONS"
    }

    assert without == {(method, prefix + path) for method, path in public for prefix in ("", "/v1")}


def test_no_resource_needs_code_of_somebody_else_to_deploy(stage: Synthesised) -> None:
    # Custom resources run Node in a function that CDK brings: the emulator has no SDK for it, and nobody patches it.
    # The migrations are a function of ours.
    kinds = {r["Type"] for template in stage.templates.values() for r in template["Resources"].values()}

    kinds -= {"Custom::HeddleMigrations"}
    assert not any(kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource" for kind in kinds)


def test_the_local_stage_has_only_what_the_emulator_accepts(synthesise: Callable[[str], Synthesised]) -> None:
    local = synthesise("local")
    kinds = {r["Type"] for template in local.templates.values() for r in template["Resources"].values()}

    assert kinds <= EMULATED


def _statements(stage: Synthesised) -> Iterator[tuple[str, dict[str, Any]]]:
    for _, name, policy in stage.resources("AWS::IAM::Policy"):
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _path(template: dict[str, Any], resource: dict[str, Any]) -> str:
    if "Fn::GetAtt" in resource:
        return ""
    properties = template[resource["Ref"]]["Properties"]
    return f"{_path(template, properties['ParentId'])}/{properties['PathPart']}"
