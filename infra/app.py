"""The CDK app: the stacks of one stage.

    python -m infra.app                          write the templates of stage dev to cdk.out
    npx cdk deploy "**" -c stage=local           what `heddle up` does
    STAGE=prod python -m infra.app               the name may also come from the environment

Needs no credentials, no network once the layers' wheels are in uv's cache, no git and no Docker.
"""

import os
from typing import Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.constructs.database_access import DatabaseAccess, ExternalDatabase
from infra.stacks.api import ApiStack
from infra.stacks.content import ContentStack
from infra.stacks.data import DataStack
from infra.stacks.databases import DatabasesStack
from infra.stacks.engine import EngineStack
from infra.stacks.events import EventsStack
from infra.stacks.network import NetworkStack
from infra.stacks.realtime import RealtimeStack
from infra.stacks.webhooks import WebhooksStack
from infra.stages import Stage, stage_named


def build(app: App, stage: Stage) -> None:
    """Put the stacks of a stage into the app."""
    data = DataStack(app, stage=stage)
    content = ContentStack(app, stage=stage, data=data, database=_database(app, stage, data))
    webhooks = WebhooksStack(app, stage=stage, data=data)
    engine = EngineStack(app, stage=stage, data=data, content=content, webhooks=webhooks)
    ApiStack(app, stage=stage, data=data, engine=engine, content=content)
    EventsStack(app, stage=stage, data=data, engine=engine)
    RealtimeStack(app, stage=stage, data=data)


def _database(app: App, stage: Stage, data: DataStack) -> DatabaseAccess:
    if not stage.own_database:
        return ExternalDatabase(stage)
    network = NetworkStack(app, stage=stage, data=data)
    return DatabasesStack(app, stage=stage, data=data, network=network).access


def stage_of(app: App) -> Stage:
    """Return the stage that the context or the environment names, with what they override of it."""

    def given(key: str) -> Any:
        return app.node.try_get_context(key)

    def listed(key: str) -> tuple[str, ...] | None:
        text = given(key)
        return tuple(part.strip() for part in text.split(",") if part.strip()) if text else None

    return stage_named(
        given("stage") or os.environ.get("STAGE") or "dev",
        endpoint=given("endpoint"),
        default_provider=given("default_provider"),
        alarm_email=given("alarm_email"),
        http_allowed_hosts=listed("http_allowed_hosts"),
        providers=listed("providers"),
        azure_endpoint=given("azure_endpoint"),
        database=given("database"),
        database_url=given("database_url"),
        egress=given("egress"),
    )


def main() -> None:
    """Synthesise; a finding of cdk-nag that nobody has accepted stops it.

    The local stage is not asked: a laptop would wait a quarter longer, and tests ask for every stage.
    """
    app = App()
    stage = stage_of(app)
    build(app, stage)
    if not stage.local:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
