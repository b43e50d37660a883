"""Limits of tenants that operators change while everything runs."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack, aws_appconfig
from constructs import Construct

from heddle.domain.limits import limits_schema, read_limits
from infra.constructs.python_function import PythonFunction

ACTIONS = ("appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration")


class LiveLimits(Construct):
    """`LiveLimits(self, "Limits", stage_name=stage.name, default={"concurrent_runs": 50})`.

    An AppConfig profile with a hosted document and a schema that refuses another one. The template's document is the
    first one: a deploy leaves what operators have put in its place, unless the template's own has changed.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage_name: str, default: Mapping[str, Any]) -> None:
        super().__init__(scope, construct_id)
        content = json.dumps({"default": dict(default), "tenants": {}})
        read_limits(content)  # what functions could not read fails here
        name = f"heddle-{stage_name}"
        application = aws_appconfig.CfnApplication(self, "Application", name=name)
        environment = aws_appconfig.CfnEnvironment(self, "Environment", application_id=application.ref, name=stage_name)
        strategy = aws_appconfig.CfnDeploymentStrategy(
            self,
            "AtOnce",
            name=f"{name}-at-once",
            deployment_duration_in_minutes=0,
            growth_factor=100,
            final_bake_time_in_minutes=0,
            replicate_to="NONE",
        )
        profile = aws_appconfig.CfnConfigurationProfile(
            self,
            "Profile",
            application_id=application.ref,
            name="limits",
            location_uri="hosted",
            validators=[
                aws_appconfig.CfnConfigurationProfile.ValidatorsProperty(
                    type="JSON_SCHEMA", content=json.dumps(limits_schema())
                )
            ],
        )
        version = aws_appconfig.CfnHostedConfigurationVersion(
            self,
            "First",
            application_id=application.ref,
            configuration_profile_id=profile.ref,
            content=content,
            content_type="application/json",
        )
        aws_appconfig.CfnDeployment(
            self,
            "Deployment",
            application_id=application.ref,
            environment_id=environment.ref,
            configuration_profile_id=profile.ref,
            configuration_version=version.ref,
            deployment_strategy_id=strategy.ref,
        )
        self.strategy = strategy.ref
        self.profile = f"{application.ref}/{environment.ref}/{profile.ref}"
        self._resource = f"application/{application.ref}/environment/{environment.ref}/configuration/{profile.ref}"

    def environment(self) -> dict[str, str]:
        """Return the variable that tells a function where limits are; `let_read` lets it."""
        return {"LIMITS_PROFILE": self.profile}

    def let_read(self, function: PythonFunction) -> None:
        """Let the function read limits."""
        stack = Stack.of(self)
        arn = f"arn:{stack.partition}:appconfig:{stack.region}:{stack.account}:{self._resource}"
        function.allow(ACTIONS, arn)
