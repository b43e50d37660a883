"""Limits of tenants in the template: a first document that the schema beside it accepts, and who may read it."""

import json

from heddle.domain.json_schema import violations
from heddle.domain.limits import limits_schema, read_limits
from tests.infra.conftest import Synthesised


def test_the_first_document_is_one_that_functions_read_and_the_validator_accepts(stage: Synthesised) -> None:
    ((_, _, version),) = stage.resources("AWS::AppConfig::HostedConfigurationVersion")
    ((_, _, profile),) = stage.resources("AWS::AppConfig::ConfigurationProfile")
    content = version["Properties"]["Content"]
    (validator,) = profile["Properties"]["Validators"]

    assert read_limits(content).of("anybody").concurrent_runs == stage.stage.tenant_concurrency
    assert (validator["Type"], json.loads(validator["Content"])) == ("JSON_SCHEMA", limits_schema())
    assert violations(json.loads(validator["Content"]), json.loads(content)) == []


def test_whoever_is_told_where_limits_are_may_read_them_and_nobody_else(stage: Synthesised) -> None:
    told = {
        (stack, name)
        for stack, name, function in stage.resources("AWS::Lambda::Function")
        if "LIMITS_PROFILE" in function["Properties"]["Environment"]["Variables"]
    }
    allowed = [
        policy
        for _, _, policy in stage.resources("AWS::IAM::Policy")
        if "appconfig:GetLatestConfiguration" in json.dumps(policy["Properties"]["PolicyDocument"])
    ]

    assert len(told) == len(allowed) == 5
