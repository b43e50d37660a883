"""Everything between people: direct messages, presence, notifications, history, and the rules over all of it."""

import time
from collections.abc import Callable, Mapping
from functools import cached_property

from heddle.application.ports.messages import MessageStore
from heddle.application.ports.notifications import NotificationStore
from heddle.application.ports.presence import PresenceStore, Timer, Timers
from heddle.application.ports.rates import RateStore
from heddle.application.ports.realtime import Connection, ConnectionStore
from heddle.application.ports.rules import RuleStore
from heddle.application.realtime.actor import FrameHandler
from heddle.application.realtime.direct_message import Acknowledge, SendDirectMessage
from heddle.application.realtime.notify import TIMER as NOTIFICATION
from heddle.application.realtime.notify import Notify
from heddle.application.realtime.presence import TIMER as PRESENCE
from heddle.application.realtime.presence import TOUCH_SECONDS, Presence
from heddle.application.realtime.publish import Publish
from heddle.application.realtime.screen import Screen

REMEMBERED = 10_000


class People:
    """The use cases over these stores."""

    def __init__(
        self,
        publish: Publish,
        *,
        connections: ConnectionStore,
        rules: RuleStore,
        messages: MessageStore,
        presence: PresenceStore,
        notifications: NotificationStore,
        timers: Timers,
        rates: RateStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish, self.connections, self.messages = publish, connections, messages
        self._rules, self._presence, self.notifications = rules, presence, notifications
        self.timers, self._rates, self._clock = timers, rates, clock
        self._acted: dict[tuple[str, str], float] = {}

    @cached_property
    def screen(self) -> Screen:
        """Judges messages by rules."""
        return Screen(self._rules, self._rates, self._clock, lambda: self._publish.now().timestamp(), self._turned_off)

    @cached_property
    def presence(self) -> Presence:
        """Who is there."""
        publish = self._publish
        return Presence(self._presence, self.connections, publish.subscriptions, self.timers, publish, publish.now)

    @cached_property
    def notify(self) -> Notify:
        """Tells users something."""
        publish = self._publish
        return Notify(self.notifications, self._rates, self.timers, publish, publish.new_id, publish.now)

    @cached_property
    def acknowledge(self) -> Acknowledge:
        """Moves positions in inboxes."""
        return Acknowledge(self._publish.topics, self.messages, self._publish)

    def handlers(self) -> Mapping[str, FrameHandler]:
        """Return the handlers of frames between people."""
        return {
            "DirectMessage": SendDirectMessage(self._publish, self.messages, self.connections, self.screen),
            "Ack": self.acknowledge,
            "UpdatePresence": self.presence.update,
            "TypingStart": self.presence.typing,
            "TypingEnd": self.presence.typing,
        }

    def acted(self, connection: Connection) -> None:
        """Note that somebody did something; a process that has done so asks for nothing for a minute."""
        who, at = (connection.tenant, connection.user), self._clock()
        if at - self._acted.get(who, float("-inf")) < TOUCH_SECONDS:
            return
        if len(self._acted) >= REMEMBERED:
            self._acted.clear()
        self._acted[who] = at
        self.presence.active(connection)

    def ring(self, timer: Timer) -> None:
        """Do what a timer was set for, and forget it; one of a kind that is not known is forgotten."""
        kinds = {PRESENCE: self.presence.tick, NOTIFICATION: self.notify.release}
        if timer.kind in kinds:
            kinds[timer.kind](timer)
        self.timers.done(timer)

    def _turned_off(self, tenant: str, saved_by: str, rule: str, reason: str) -> None:
        """Tell who saved a rule that it was turned off."""
        user = saved_by.partition(":")[2]
        if user:
            words = {
                "level": "error",
                "type": "system_alert",
                "title": f"The rule {rule} was turned off",
                "message": f"It failed again and again: {reason}"[:4_000],
            }
            self.notify(tenant, user, words, by="heddle")
