"""Plugins run by a function of their own: what breaks there, breaks no analysis.

The machine code of plugins runs in the process of that function. Should one ever take the process with it, against all
that the sandbox promises, the function's next call begins afresh, and this one is a warning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from heddle.adapters.aws.dynamo import call
from heddle.application.plugins.wire import Asking, heard
from heddle.application.ports.plugins import PluginContent, PluginResults, PluginWarning
from heddle.errors import UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_lambda.client import LambdaClient

MAX_PAYLOAD = 6_000_000
"""Lambda refuses a call above six megabytes (6,291,456 bytes)."""
ALL = "*"
"""Stands in a warning for all plugins."""


@dataclass(frozen=True)
class LambdaPluginRunner:
    """A PluginRunner that invokes `functions/plugins/run`."""

    client: "LambdaClient"
    function: str

    def run(
        self,
        tenant: str,
        content: PluginContent,
        *,
        names: Sequence[str] | None = None,
        params: Mapping[str, Mapping[str, Any]] | None = None,
        seconds: float = 20.0,
    ) -> PluginResults:
        """As PluginRunner.run; warnings about `*` are `plugin_content_too_large` and `plugin_host_failed`."""
        payload = orjson.dumps(Asking(tenant, content, names, params or {}, seconds).to_json())
        if len(payload) > MAX_PAYLOAD:
            return _nothing("plugin_content_too_large", f"plugins are given at most {MAX_PAYLOAD} bytes as JSON")
        try:
            reply = call(self.client.invoke, FunctionName=self.function, Payload=payload)
        except UpstreamUnavailable as error:
            return _nothing("plugin_host_failed", error.message)
        answer = orjson.loads(reply["Payload"].read())
        if "FunctionError" in reply:
            kind = answer.get("errorType", "unknown") if isinstance(answer, dict) else "unknown"
            return _nothing("plugin_host_failed", f"the function that runs plugins failed: {kind}")
        return heard(answer)


def _nothing(code: str, message: str) -> PluginResults:
    return PluginResults({}, [PluginWarning(ALL, code, message)])
