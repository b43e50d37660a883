"""What can go wrong when you talk to Heddle.

HeddleError
├── ConnectionFailed     nobody answered                                     retried by the client
├── ApiError             the API answered with an error; `status`, `code`, `correlation_id`, `details`
│   ├── InvalidRequest   400, 413, 415, 422: what you sent breaks a rule; `problems` says which
│   ├── NotSignedIn      401
│   ├── NotAllowed       403
│   ├── NotFound         404
│   ├── Conflict         409, 412
│   ├── RateLimited      429                                                 retried by the client
│   └── ServerError      5xx                                                 retried by the client
├── RunNotSucceeded      raised by `Run.result()`: the run failed or was cancelled; `run` is the whole of it
└── WaitTimedOut         the run has not ended in the time that you gave; it goes on

`code` is stable and is what programs should look at; the message is for people.
"""

from typing import Any


class HeddleError(Exception):
    """Base of everything that this package raises on purpose."""


class ConnectionFailed(HeddleError):
    """Nobody answered at the address, also after retries."""


class ApiError(HeddleError):
    """The API answered with an error (RFC 9457 problem details)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code") or f"http_{status}")
        self.detail = str(problem.get("detail") or problem.get("title") or f"HTTP {status}")
        self.correlation_id: str | None = problem.get("correlation_id")
        self.problem = problem
        super().__init__(self.detail)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Each broken rule: of a definition {code, message, path, nodes}, of a body {field, message}."""
        found = self.problem.get("problems") or self.problem.get("errors") or []
        return [p for p in found if isinstance(p, dict)]


class InvalidRequest(ApiError):
    """What was sent breaks a rule."""


class NotSignedIn(ApiError):
    """There is no credential, or it does not hold."""


class NotAllowed(ApiError):
    """The credential's roles or scopes do not allow this."""


class NotFound(ApiError):
    """There is no such thing in this tenant."""


class Conflict(ApiError):
    """The state of the thing does not allow this now."""


class RateLimited(ApiError):
    """Too many requests at a time."""


class ServerError(ApiError):
    """The service could not answer."""


class RunNotSucceeded(HeddleError):
    """The run failed or was cancelled."""

    def __init__(self, run: Any) -> None:
        error = run.error or {}
        super().__init__(
            f"run {run.id} {run.status}: {error.get('message') or error.get('code') or 'no reason was given'}"
        )
        self.run = run
        self.code = str(error.get("code") or run.status)


class WaitTimedOut(HeddleError):
    """The run has not ended yet."""

    def __init__(self, run_id: str, seconds: float) -> None:
        super().__init__(f"run {run_id} has not ended within {seconds:g} s; it goes on")
        self.run_id = run_id


BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    429: RateLimited,
}


def api_error(status: int, problem: dict[str, Any]) -> ApiError:
    """Return the error of the class that stands for this status."""
    fallback = ServerError if status >= 500 else ApiError
    return BY_STATUS.get(status, fallback)(status, problem)
