"""Receive a webhook: who signed it, and which run follows.

Trigger: REST API, POST and GET /hooks/{trigger_id}; public, the signature is the credential
Out:     202 {run_id}, the run's answer where the webhook waits for it, or a problem
"""

import base64
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson

from heddle.application.runs.execute_inline import ExecuteInline
from heddle.application.triggers.fire_trigger import Fired, FireTrigger
from heddle.application.triggers.receive_hook import HookAnswer, HookRequest, ReceiveHook
from heddle.runtime.api.correlation import correlation_id
from heddle.runtime.api.problems import MEDIA_TYPE, problem
from heddle.runtime.api.wait import WaitForRun
from heddle.runtime.clock import now
from heddle.runtime.hooks import answer_of_run
from heddle.runtime.logging import bind
from heddle.runtime.stores import Stores
from heddle.runtime.strands import StrandSettings
from heddle.runtime.task_queue import QueueSettings, task_queue_of
from heddle.runtime.use_cases import StartSettings, execute_inline_of, request_run_of, start_rate_of


@dataclass(frozen=True, kw_only=True)
class HookSettings(StrandSettings, StartSettings, QueueSettings):
    """This function's environment: the task queue, and the key that secrets are made from."""


@cache
def stores() -> Stores:
    """Build the stores once per sandbox."""
    return Stores(HookSettings.load())


@cache
def receive() -> ReceiveHook:
    """Build the use case once per sandbox; tests put their own in its place."""
    settings = HookSettings.load()
    request = request_run_of(stores(), task_queue_of(settings), start_rate_of(settings).allows)
    fire = FireTrigger(request, stores().firings, now)
    return ReceiveHook(stores().triggers, stores().hook_secrets, fire, stores().firings, now)


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Unpack, call, answer."""
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    correlation, _ = correlation_id(headers)
    log = bind(None, context)
    log.append_keys(correlation_id=correlation)
    trigger_id = str((event.get("pathParameters") or {}).get("trigger_id"))
    raw = event.get("body") or ""
    body = base64.b64decode(raw) if event.get("isBase64Encoded") else raw.encode()
    query, request_id = event.get("queryStringParameters") or {}, event["requestContext"]["requestId"]
    request = HookRequest(event["httpMethod"], headers, query, body, correlation, request_id)
    try:
        answer = receive()(trigger_id, request)
    except Exception as error:  # whatever it is, the sender gets a problem and no traceback
        status, problem_body = problem(error, correlation)
        log.warning("refused", code=problem_body["code"], trigger_id=trigger_id, exc_info=status >= 500)
        return _reply(status, problem_body, MEDIA_TYPE)
    log.append_keys(tenant=answer.trigger.tenant, trigger_id=trigger_id)
    if answer.handshake is not None:
        return _reply(200, answer.handshake, "text/plain; charset=utf-8")
    return _fired(answer, correlation)


def _fired(answer: HookAnswer, correlation: str) -> dict[str, Any]:
    fired = answer.fired
    assert fired is not None and fired.requested is not None
    run = {"tenant": answer.trigger.tenant, "id": fired.requested.run_id, "correlation_id": correlation}
    accepted = {"run_id": run["id"], "delivery_id": fired.firing.id, "created": fired.requested.created}
    if answer.wait_seconds and _ended(fired, run, answer.wait_seconds):
        status, body = answer_of_run(stores(), run["tenant"], run["id"])
        return _reply(status, {**accepted, **body})
    return _reply(202, accepted)


def _ended(fired: Fired, run: Any, seconds: int) -> bool:
    requested = fired.requested
    assert requested is not None
    execute: ExecuteInline = execute_inline_of(stores())
    wait = WaitForRun(stores().events, execute, time.sleep, time.monotonic)
    return wait(run, carry_out=requested.inline_now, seconds=float(seconds))


def _reply(status: int, body: Any, media_type: str = "application/json") -> dict[str, Any]:
    text = body if isinstance(body, str) else orjson.dumps(body).decode()
    headers = {"Content-Type": media_type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return {"statusCode": status, "headers": headers, "body": text}
