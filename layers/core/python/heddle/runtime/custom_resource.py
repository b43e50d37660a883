"""Answering CloudFormation, which waits until the result is put to the address that came with the request."""

import json
import urllib.request
from collections.abc import Callable
from functools import wraps
from typing import Any

from heddle.runtime.logging import bind

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def custom_resource(physical_id: str) -> Callable[[Handler], Handler]:
    """Wrap a handler that returns the resource's data: whatever it raises fails the deploy, with the reason."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def wrapped(event: dict[str, Any], context: Any) -> dict[str, Any]:
            log = bind(None, context)
            try:
                data = handler(event, context)
            except Exception as error:
                log.exception("the custom resource failed")
                _tell(event, physical_id, "FAILED", reason=f"{type(error).__name__}: {error}"[:1000])
                raise
            _tell(event, physical_id, "SUCCESS", data=data)
            return data

        return wrapped

    return decorate


def _tell(
    event: dict[str, Any], physical_id: str, status: str, *, reason: str = "", data: dict[str, Any] | None = None
) -> None:
    if "ResponseURL" not in event:  # called by a person
        return
    answer = {
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": event.get("PhysicalResourceId") or physical_id,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Data": data or {},
    }
    # The address is signed for no content type.
    request = urllib.request.Request(
        event["ResponseURL"], json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
