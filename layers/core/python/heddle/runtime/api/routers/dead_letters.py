"""Dead letters, of runs, timers and webhooks: read, sent again, deleted."""

from typing import Any

from heddle.application.ports.task_letters import TaskLetter
from heddle.runtime.api.endpoints import endpoint
from heddle.runtime.api.http import Reply, Request
from heddle.runtime.api.services import Services


@endpoint("list_dead_letters")
def list_dead_letters(services: Services, request: Request) -> Reply:
    """GET /dead-letters."""
    page = services.ports.task_letters.letters(
        request.tenant, limit=request.query["limit"], cursor=request.query["cursor"]
    )
    return Reply(200, {"items": [shown(letter) for letter in page.items], "cursor": page.cursor})


@endpoint("get_dead_letter")
def get_dead_letter(services: Services, request: Request) -> Reply:
    """GET /dead-letters/{letter_id}."""
    return Reply(200, shown(services.redrive_tasks.find(request.tenant, request.params["letter_id"])))


@endpoint("redrive_dead_letter")
def redrive_dead_letter(services: Services, request: Request) -> Reply:
    """POST /dead-letters/{letter_id}/redrive."""
    return Reply(202, shown(services.redrive_tasks(request.tenant, request.params["letter_id"])))


@endpoint("redrive_dead_letters")
def redrive_dead_letters(services: Services, request: Request) -> Reply:
    """POST /dead-letters/redrive."""
    redriven, more = services.redrive_tasks.all(request.tenant)
    return Reply(202, {"redriven": redriven, "more": more})


@endpoint("delete_dead_letter")
def delete_dead_letter(services: Services, request: Request) -> Reply:
    """DELETE /dead-letters/{letter_id}."""
    services.ports.task_letters.remove(services.redrive_tasks.find(request.tenant, request.params["letter_id"]))
    return Reply(204)


def shown(letter: TaskLetter) -> dict[str, Any]:
    """Return a letter as the API shows it."""
    return {
        "id": letter.id,
        "kind": letter.kind,
        "run_id": letter.subject if letter.kind == "run" else None,
        "trigger_id": letter.subject if letter.kind == "timer" else None,
        "webhook_id": letter.subject if letter.kind == "webhook" else None,
        "code": letter.code,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "at": letter.at,
        "priority": letter.priority,
        "message": letter.message,
    }
