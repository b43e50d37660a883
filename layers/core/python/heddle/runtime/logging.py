"""One logger for all functions: JSON lines that carry service, tenant, run and correlation id.

The field names are those of Powertools' Logger, so queries written for it work; importing that one costs a cold start
as much as a third of our own code (docs/decisions/0034). What the layers below log by the standard library comes out
here too, with the same facts.
"""

import logging
import os
import sys
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from heddle.application.execution.step import RunRef

_NAME = "heddle"


class _Format(logging.Formatter):
    """A record as one line of JSON; what it says itself wins over what is bound."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service
        self.bound: dict[str, Any] = {}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "service": self.service,
            **self.bound,
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception_name"] = record.exc_info[0].__name__
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class Log:
    """Writes lines: a message and any facts by name."""

    def __init__(self) -> None:
        self._format = _Format(os.environ.get("POWERTOOLS_SERVICE_NAME", "heddle"))
        self.registered_handler = logging.StreamHandler(sys.stdout)
        self.registered_handler.setFormatter(self._format)
        self._logger = logging.getLogger(_NAME)
        self._logger.handlers = [self.registered_handler]
        self._logger.setLevel(os.environ.get("LOG_LEVEL", "INFO").upper())
        # Lambda's own handler at the root would write each line a second time.
        self._logger.propagate = "AWS_LAMBDA_FUNCTION_NAME" not in os.environ

    def append_keys(self, **facts: Any) -> None:
        """Put these facts on every line from now on."""
        self._format.bound.update(facts)

    def clear_state(self) -> None:
        """Forget all bound facts."""
        self._format.bound.clear()

    def debug(self, message: str, **facts: Any) -> None:
        """Write a line that is of interest only while searching for an error."""
        self._write(logging.DEBUG, message, facts)

    def info(self, message: str, **facts: Any) -> None:
        """Write a line."""
        self._write(logging.INFO, message, facts)

    def warning(self, message: str, **facts: Any) -> None:
        """Write a line about something that went wrong and is dealt with."""
        self._write(logging.WARNING, message, facts)

    def error(self, message: str, **facts: Any) -> None:
        """Write a line about something that went wrong."""
        self._write(logging.ERROR, message, facts)

    def exception(self, message: str, **facts: Any) -> None:
        """Write a line about the exception that is being handled, with its trace."""
        self._write(logging.ERROR, message, {"exc_info": True, **facts})

    def _write(self, level: int, message: str, facts: dict[str, Any]) -> None:
        exc_info = facts.pop("exc_info", None)
        facts |= facts.pop("extra", None) or {}
        self._logger.log(level, message, exc_info=exc_info, extra={"facts": facts}, stacklevel=3)


@cache
def logger() -> Log:
    """Return the function's logger; its level and service come from LOG_LEVEL and POWERTOOLS_SERVICE_NAME."""
    return Log()


def bind(run: RunRef | None, context: Any = None) -> Log:
    """Forget what the last invocation was about and put this one's run on every line."""
    log = logger()
    log.clear_state()
    if run is not None:
        log.append_keys(tenant=run["tenant"], run_id=run["id"], correlation_id=run["correlation_id"])
    if (request_id := getattr(context, "aws_request_id", None)) is not None:
        log.append_keys(request_id=request_id)
    return log
