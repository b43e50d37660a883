"""The realtime service over a stage's stores: one method per use case, so that each Lambda wires its own."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING

from heddle.adapters.aws.connections import DynamoConnectionStore, DynamoSessionStore
from heddle.adapters.aws.mailbox import SqsMailbox
from heddle.adapters.aws.subscriptions import DynamoSubscriptionStore
from heddle.adapters.aws.topics import DynamoTopicLog
from heddle.application.ports.realtime import Gateway
from heddle.application.realtime.act import Act
from heddle.application.realtime.connect import CloseGracefully, Connect, ConnectionLimits, Disconnect, Welcome
from heddle.application.realtime.deliver import Deliver
from heddle.application.realtime.fan_out import FanOut
from heddle.application.realtime.handlers import Parts, handlers
from heddle.application.realtime.receive import Receive
from heddle.application.realtime.renew import Renew
from heddle.application.realtime.tend import TendConnection, TendOwed
from heddle.domain.events.envelope import StreamId
from heddle.runtime.clients import client
from heddle.runtime.clock import new_id, now
from heddle.runtime.limits import LimitSettings, tenant_limits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from heddle.application.identity.check_token import CheckToken
    from heddle.application.identity.principal import Principal
    from heddle.application.ports.limits import TenantLimits
    from heddle.application.ports.realtime import Member
    from heddle.application.realtime.people import People

DELIVERY_THREADS = 32
_LATEST = 2**53
"""Behind every version: reading after it gives a history's head and no event."""


@dataclass(frozen=True, kw_only=True)
class RealtimeSettings(LimitSettings):
    """Where connections and topics are, and how connections are reached."""

    connections_table: str
    realtime_table: str
    event_table: str = ""
    batches_table: str = ""
    payload_bucket: str = ""
    mailbox_url: str = ""
    deliveries_url: str = ""
    gateway_endpoint: str = ""


class Realtime:
    """The parts of one sandbox, each made when it is first needed."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._settings = settings

    @cached_property
    def connections(self) -> DynamoConnectionStore:
        """Open connections."""
        return DynamoConnectionStore(client("dynamodb"), self._settings.connections_table)

    @cached_property
    def sessions(self) -> DynamoSessionStore:
        """Sessions to be resumed."""
        return DynamoSessionStore(client("dynamodb"), self._settings.connections_table)

    @cached_property
    def subscriptions(self) -> DynamoSubscriptionStore:
        """Who listens to what."""
        return DynamoSubscriptionStore(client("dynamodb"), self._settings.connections_table, time.time, time.sleep)

    @cached_property
    def topics(self) -> DynamoTopicLog:
        """The logs of topics."""
        return DynamoTopicLog(client("dynamodb"), self._settings.realtime_table)

    @cached_property
    def mailbox(self) -> SqsMailbox:
        """Mailboxes of connections."""
        return SqsMailbox(client("sqs"), self._settings.mailbox_url)

    @cached_property
    def deliveries(self) -> SqsMailbox:
        """Mailboxes of the shards of topics."""
        return SqsMailbox(client("sqs"), self._settings.deliveries_url)

    @cached_property
    def gateway(self) -> Gateway:
        """The sending side of the sockets."""
        from boto3 import Session

        from heddle.adapters.aws.gateway import ManagementGateway

        session = Session()
        endpoint, region = self._settings.gateway_endpoint, session.region_name or "us-east-1"
        return ManagementGateway(endpoint, session.get_credentials(), region)

    @cached_property
    def parts(self) -> Parts:
        """What handlers of frames are made of."""
        exists = (self.run_exists, self.batch_exists)
        return Parts(self.subscriptions, self.topics, self.deliveries, *exists, new_id, now)

    @cached_property
    def people(self) -> "People":
        """What is between people, and the rules over it."""
        from heddle.runtime.people import people

        return people(self._settings.connections_table, self.parts.publish, self.connections)

    def run_exists(self, tenant: str, run_id: str) -> bool:
        """Ask the event store, whose first event a run is: read models come later."""
        from heddle.adapters.aws.events import DynamoEventStore
        from heddle.runtime.lazy import LazyBlobStore

        blobs = LazyBlobStore(self._settings.payload_bucket)
        events = DynamoEventStore(client("dynamodb"), self._settings.event_table, blobs)
        return events.read(StreamId(tenant, "run", run_id), after=_LATEST).version > 0

    def batch_exists(self, tenant: str, batch_id: str) -> bool:
        """Ask the table of batches."""
        from heddle.adapters.aws.batch_store import DynamoBatchStore

        store = DynamoBatchStore(client("dynamodb"), self._settings.batches_table, now)
        return store.batch(tenant, batch_id) is not None

    @cached_property
    def limits(self) -> "TenantLimits":
        """What tenants may do."""
        return tenant_limits_of(self._settings)

    def _connection_limits(self, tenant: str) -> ConnectionLimits:
        limits = self.limits.of(tenant)
        return ConnectionLimits(per_user=limits.connections_per_user, per_tenant=limits.connections)

    def connect(self) -> Connect:
        """Wire Connect."""
        return Connect(
            self.connections,
            self.sessions,
            self.subscriptions,
            self.mailbox,
            self.gateway,
            new_id,
            now,
            self._connection_limits,
        )

    def receive(self) -> Receive:
        """Wire Receive."""
        from heddle.adapters.aws.rates import DynamoRateStore
        from heddle.application.realtime.frame_limits import SharedFrameLimits

        rates = DynamoRateStore(client("dynamodb"), self._settings.connections_table)
        limits = SharedFrameLimits(rates, time.time, self.limits.of)
        return Receive(self.connections, self.gateway, self.mailbox, limits, self.renew(), now)

    def renew(self) -> Renew:
        """Wire Renew; what checks tokens is loaded when the first one comes."""
        return Renew(self.connections, _check_token, now)

    def act(self) -> Act:
        """Wire Act with the handlers of all types of frames."""
        people = self.people
        welcome = Welcome(
            self.sessions, self.parts.subscribe, people.acknowledge.after, connected=people.presence.connected
        )
        each = handlers(self.parts, people)
        return Act(self.connections, self.gateway, each, welcome, now, people.acted)

    def disconnect(self) -> Disconnect:
        """Wire Disconnect."""
        return Disconnect(self.connections, self.sessions, self.subscriptions, now, self.people.presence.gone)

    def close_gracefully(self) -> CloseGracefully:
        """Wire CloseGracefully."""
        return CloseGracefully(self.connections, self.gateway, self.disconnect(), now)

    def fan_out(self) -> FanOut:
        """Wire FanOut."""
        return FanOut(self.subscriptions, self.deliveries)

    def deliver(self) -> Deliver:
        """Wire Deliver with threads, so that nobody waits for a client that does not read."""
        pool = ThreadPoolExecutor(DELIVERY_THREADS)

        def side_by_side(serve: "Callable[[Member], None]", members: "Sequence[Member]") -> None:
            list(pool.map(serve, members))

        return Deliver(self.subscriptions, self.topics, self.gateway, self.deliveries, self.disconnect(), side_by_side)

    def tend_connection(self) -> TendConnection:
        """Wire TendConnection."""
        return TendConnection(self.connections, self.gateway, self.close_gracefully(), now)

    def tend_owed(self) -> TendOwed:
        """Wire TendOwed."""
        return TendOwed(self.deliveries, now)


def _check_token(token: str) -> "Principal":
    return _tokens()(token)


@cache
def _tokens() -> "CheckToken":
    from heddle.adapters.jwks import JwksSigningKeys
    from heddle.application.identity.check_token import CheckToken

    keys = JwksSigningKeys(os.environ["JWKS_URL"])
    return CheckToken(keys, os.environ["JWT_ISSUER"], os.environ["USER_POOL_CLIENT_ID"])
