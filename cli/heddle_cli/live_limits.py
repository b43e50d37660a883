"""The limits of tenants on the local stage: the document that AppConfig deploys, read and replaced."""

import json
from typing import Any

from heddle_cli.console import Exit, fail
from heddle_cli.local_aws import emulator_port, import_core, outputs
from heddle_cli.stage import aws


def read() -> dict[str, Any]:
    """Return the document that is deployed."""
    client, (application, environment, profile) = _client()
    deployed = client.list_deployments(ApplicationId=application, EnvironmentId=environment)["Items"]
    newest = max(deployed, key=lambda each: int(each["DeploymentNumber"]))
    version = client.get_hosted_configuration_version(
        ApplicationId=application,
        ConfigurationProfileId=profile,
        VersionNumber=int(newest["ConfigurationVersion"]),
    )
    found: dict[str, Any] = json.loads(version["Content"].read())
    return found


def change(tenant: str | None, values: dict[str, Any]) -> dict[str, Any]:
    """Change limits of a tenant, or of all that have none of their own, and deploy; returns the new document.

    A value of None takes the limit away. ValueError if the document would not be valid: then nothing is deployed.
    """
    import_core()
    from heddle.domain.limits import read_limits
    from heddle.errors import InvalidInput

    document = read()
    place = document.setdefault("default", {})
    if tenant is not None:
        place = document.setdefault("tenants", {}).setdefault(tenant, {})
    place.update(values)
    for name in [name for name, value in values.items() if value is None]:
        del place[name]
    text = json.dumps(document)
    try:
        read_limits(text)
    except InvalidInput as error:
        raise ValueError(error.message) from None
    client, (application, environment, profile) = _client()
    version = client.create_hosted_configuration_version(
        ApplicationId=application,
        ConfigurationProfileId=profile,
        Content=text.encode(),
        ContentType="application/json",
    )
    client.start_deployment(
        ApplicationId=application,
        EnvironmentId=environment,
        ConfigurationProfileId=profile,
        ConfigurationVersion=str(version["VersionNumber"]),
        DeploymentStrategyId=outputs()["LimitsStrategy"],
    )
    return document


def _client() -> tuple[Any, list[str]]:
    port = emulator_port()
    profile = outputs().get("LimitsProfile")
    if profile is None:
        fail("the stage has no limits", code=Exit.STAGE, hint="heddle up --redeploy")
    return aws.client("appconfig", port), profile.split("/")
