"""Presence: where a user is, from what they said, their open connections and the time; computed whenever it is read.

says Busy ─► Busy, as long as a connection is open
says Online, silent for 600 s ─► Away          last connection gone, 300 s ago ─► Offline
"""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal

from heddle.errors import InvalidInput
from heddle.records import dataclass

Status = Literal["Online", "Away", "Busy", "Offline"]
STATUSES: tuple[Status, ...] = ("Online", "Away", "Busy", "Offline")
AWAY_SECONDS = 600
OFFLINE_SECONDS = 300
TYPING_SECONDS = 10
MAX_DEVICES = 10
DEVICE_FIELDS = ("device_type", "platform", "app_version", "name")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is kept of a user. Times are seconds since 1970; `active_at` is the last frame that was no heartbeat.

    `shown` is the status that was pushed last: who watches hears of a change, not of every look.
    """

    status: Status = "Online"
    message: str = ""
    timezone: str | None = None
    auto_away: bool = True
    away_message: str = ""
    active_at: int = 0
    gone_at: int | None = None
    shown: Status = "Offline"
    devices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What connections said of themselves later than when they connected, by connection."""
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """An open connection, as others see it."""

    connection_id: str
    about: Mapping[str, Any]


def status_at(stated: Stated | None, *, connected: bool, at: int) -> Status:
    """Return the status of a user at a time."""
    if stated is None:
        return "Online" if connected else "Offline"
    if not connected and (stated.gone_at is None or at - stated.gone_at >= OFFLINE_SECONDS):
        return "Offline"
    if stated.status == "Online" and stated.auto_away and at - stated.active_at >= AWAY_SECONDS:
        return "Away"
    return stated.status


def next_look(stated: Stated, *, connected: bool, at: int) -> int | None:
    """Return when the status changes by itself, None if it does not."""
    moments = []
    if not connected and stated.gone_at is not None:
        moments.append(stated.gone_at + OFFLINE_SECONDS)
    if stated.status == "Online" and stated.auto_away:
        moments.append(stated.active_at + AWAY_SECONDS)
    return min((moment for moment in moments if moment > at), default=None)


def shown(user: str, stated: Stated | None, devices: Sequence[Device], *, at: int) -> dict[str, Any]:
    """Return what others see of a user: the data of a Presence frame, and the answer of the API."""
    stated = stated or Stated()
    status = status_at(stated if stated.active_at else None, connected=bool(devices), at=at)
    message = stated.away_message if status == "Away" and stated.away_message else stated.message
    known = [{**device.about, **stated.devices.get(device.connection_id, {})} for device in devices[:MAX_DEVICES]]
    return {
        "user_id": user,
        "status": status,
        "message": message,
        "last_seen": stated.active_at or None,
        "timezone": stated.timezone,
        "active_connections": len(devices),
        "devices": known,
    }


def updated(stated: Stated, data: Mapping[str, Any], connection_id: str) -> Stated:
    """Return what is known after an UpdatePresence; InvalidInput `invalid_presence` names the field."""
    known = {"status", "message", "timezone", "auto_away", "away_message", "device"}
    if unknown := sorted(set(data) - known):
        raise _invalid(unknown[0], f"unknown; there are {', '.join(sorted(known))}")
    changes: dict[str, Any] = {}
    if "status" in data:
        status = str(data["status"]).capitalize()
        if status not in STATUSES:
            raise _invalid("status", f"must be one of {', '.join(STATUSES)}")
        changes["status"] = status
    for name in ("message", "away_message"):
        if name in data:
            changes[name] = _text(data[name], name, 280)
    if "timezone" in data:
        changes["timezone"] = check_zone(data["timezone"], "timezone")
    if "auto_away" in data:
        if not isinstance(data["auto_away"], bool):
            raise _invalid("auto_away", "must be true or false")
        changes["auto_away"] = data["auto_away"]
    if "device" in data:
        device = data["device"]
        if not isinstance(device, Mapping):
            raise _invalid("device", "must be an object")
        about = {name: _text(device[name], f"device.{name}", 80) for name in DEVICE_FIELDS if name in device}
        others = {key: value for key, value in stated.devices.items() if key != connection_id}
        kept = dict(list(others.items())[-(MAX_DEVICES - 1) :])
        changes["devices"] = {**kept, connection_id: about}
    return replace(stated, **changes)


def check_zone(name: object, field: str) -> str:
    """Return the name of a time zone of the IANA database; InvalidInput `unknown_time_zone`."""
    from zoneinfo import ZoneInfo

    try:
        if not isinstance(name, str) or len(name) > 64:
            raise ValueError
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        reason = f"{str(name)[:64]!r} is no time zone, such as Europe/Vienna"
        raise InvalidInput(
            f"{field}: {reason}", code="unknown_time_zone", errors=[{"field": field, "message": reason}]
        ) from None


def _text(value: Any, where: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _invalid(where, f"must be text of at most {most} characters")
    return value


def _invalid(field: str, reason: str) -> InvalidInput:
    return InvalidInput(f"{field}: {reason}", code="invalid_presence", errors=[{"field": field, "message": reason}])
