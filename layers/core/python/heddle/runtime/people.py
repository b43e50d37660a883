"""What is between people, over a stage's table of connections."""

import time

from heddle.adapters.aws.messages import DynamoMessageStore
from heddle.adapters.aws.notifications import DynamoNotificationStore
from heddle.adapters.aws.presence import DynamoPresenceStore, DynamoTimers
from heddle.adapters.aws.rates import DynamoRateStore
from heddle.adapters.aws.rules import DynamoRuleStore
from heddle.application.ports.realtime import ConnectionStore
from heddle.application.realtime.people import People
from heddle.application.realtime.publish import Publish
from heddle.runtime.clients import client


def people(table: str, publish: Publish, connections: ConnectionStore) -> People:
    """Wire the use cases."""
    dynamo = client("dynamodb")
    return People(
        publish,
        connections=connections,
        rules=DynamoRuleStore(dynamo, table),
        messages=DynamoMessageStore(dynamo, table, time.time),
        presence=DynamoPresenceStore(dynamo, table),
        notifications=DynamoNotificationStore(dynamo, table, time.time),
        timers=DynamoTimers(dynamo, table),
        rates=DynamoRateStore(dynamo, table),
    )
