"""A request to a webhook's address: who sent it, was it here before, and which run follows.

    unknown 404 ─ too large 413 ─ signature 401 ─ disabled 409 ─ ping ─ body 400 ─ handshake ─ fired: 202, or the answer

The run's id is made of the delivery's id, so a delivery that comes again, even a year later, is the run that it was.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson

from heddle.application.ports.triggers import Firing, FiringLog, TriggerStore
from heddle.application.triggers.fire_trigger import Fired, FireTrigger
from heddle.application.triggers.hook_secrets import HookSecrets
from heddle.domain.triggers.signatures import SignatureRefused, Signed, verify
from heddle.domain.triggers.trigger import Trigger
from heddle.errors import Conflict, HeddleError, InvalidInput, NotFound, PayloadTooLarge
from heddle.records import dataclass

# The sender's own matters that a workflow must not see, let alone keep.
HIDDEN = frozenset(["authorization", "cookie", "x-api-key", "x-forwarded-for", "x-amzn-trace-id"])


@dataclass(frozen=True, slots=True)
class HookRequest:
    """What came in. Header names are lower-case. `id` is the request's own, made by whoever took it in."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    correlation_id: str
    id: str


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """What goes out: an answer to a handshake as it is, or a firing. `wait_seconds`: the sender waits for the run."""

    trigger: Trigger
    handshake: str | None = None
    fired: Fired | None = None

    @property
    def wait_seconds(self) -> int:
        """How long the sender waits for the run's answer."""
        return int(self.trigger.config["wait_seconds"])


@dataclass(frozen=True, slots=True)
class ReceiveHook:
    """Receives one request."""

    triggers: TriggerStore
    secrets: HookSecrets
    fire: FireTrigger
    log: FiringLog
    now: Callable[[], datetime]

    def __call__(self, trigger_id: str, request: HookRequest) -> HookAnswer:
        """Return the answer.

        NotFound `hook_not_found`, Conflict `trigger_disabled`, PayloadTooLarge `hook_body_too_large`, SignatureRefused,
        InvalidInput `invalid_json` or `invalid_body`, and what FireTrigger raises. A signed request that is refused is
        in the trigger's history; an unsigned one is not, or anybody could fill it.
        """
        trigger = self.triggers.get(trigger_id)
        if trigger is None or trigger.kind != "webhook":
            raise NotFound("there is no webhook at this address", code="hook_not_found")
        config = trigger.config
        if request.method == "GET":
            challenge = _subscribed(config, request.query)
            if not trigger.enabled:
                raise Conflict("the webhook is disabled", code="trigger_disabled")
            return HookAnswer(trigger, handshake=challenge)
        if len(request.body) > config["max_body_bytes"]:
            raise PayloadTooLarge(
                f"the body has {len(request.body)} bytes; this webhook takes {config['max_body_bytes']}",
                code="hook_body_too_large",
            )
        now = self.now()
        signed = verify(config, request.headers, request.body, self._secrets(trigger, now), now=now.timestamp())
        if not trigger.enabled:
            raise Conflict("the webhook is disabled", code="trigger_disabled")
        if config["scheme"] == "github" and request.headers.get("x-github-event") == "ping":
            return HookAnswer(trigger, handshake="pong")  # sent once, when the webhook is set up there
        try:
            body = _parsed(str(config["body"]), request)
        except HeddleError as error:
            delivery = signed.delivery or hashlib.sha256(request.body).hexdigest()
            refused = Firing(
                trigger.id, delivery, now.isoformat(), "refused", code=error.code, reason=error.message[:500]
            )
            self.log.add(trigger.tenant, refused)
            raise
        if config["scheme"] == "slack" and isinstance(body, dict) and body.get("type") == "url_verification":
            return HookAnswer(trigger, handshake=str(body.get("challenge", "")))
        delivery = _delivery(config, signed, body, request)
        hidden = HIDDEN | {str(config["header"]).lower()} if config["scheme"] == "token" else HIDDEN
        payload = {
            "headers": {name: value for name, value in request.headers.items() if name not in hidden},
            "query": dict(request.query),
            "body": body,
            "delivery_id": delivery,
            "received_at": now.isoformat(),
        }
        fired = self.fire(
            trigger,
            payload,
            firing_id=delivery,
            correlation_id=request.correlation_id,
            source="webhook",
            inline_now=bool(config["wait_seconds"]),
        )
        return HookAnswer(trigger, fired=fired)

    def _secrets(self, trigger: Trigger, now: datetime) -> Sequence[str]:
        try:
            return self.secrets.live(trigger, now)
        except NotFound as error:
            # The tenant removed a secret that the webhook names. Whoever knocks learns neither that nor its name.
            raise SignatureRefused from error


IDS_IN_BODIES = {"stripe": "id", "slack": "event_id"}
"""Only these schemes say that a field of the body names the delivery: elsewhere `id` is that of an order, say."""


def _delivery(config: Mapping[str, Any], signed: Signed, body: Any, request: HookRequest) -> str:
    """Return what tells deliveries apart: the sender's id of this one, else its content and the time that is signed."""
    if signed.delivery:
        return signed.delivery[:200]
    found = body.get(IDS_IN_BODIES.get(config["scheme"], "")) if isinstance(body, dict) else None
    if isinstance(found, str) and found:
        return found[:200]
    if config["dedupe"] == "none":
        return f"request-{request.id}"
    stamp = "" if signed.at is None else f"{signed.at}."
    return hashlib.sha256(stamp.encode() + request.body).hexdigest()


def _parsed(kind: str, request: HookRequest) -> Any:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "any":
        kind = "json" if "json" in media else "form" if media == "application/x-www-form-urlencoded" else "text"
    if kind == "json":
        try:
            return orjson.loads(request.body)
        except ValueError as error:
            raise InvalidInput(f"the body is not JSON: {error}", code="invalid_json") from error
    try:
        text = request.body.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("the body is not text in UTF-8", code="invalid_body") from error
    if kind == "text":
        return text
    values = parse_qs(text, keep_blank_values=True)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}


def _subscribed(config: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """Return the challenge of a subscription handshake (WebSub, and those like it), if its token is right."""
    parameter = config.get("challenge_parameter")
    if not parameter:
        raise NotFound("this webhook takes POST", code="hook_not_found")
    token = next((query[name] for name in ("hub.verify_token", "verify_token") if name in query), "")
    if parameter not in query or not hmac.compare_digest(token.encode(), str(config["verify_token"]).encode()):
        raise SignatureRefused
    return query[parameter]
