"""Run a tenant's plugins over content: for analyses, which have neither the sandbox nor its layer.

Trigger: invoked by functions that analyse (heddle/adapters/aws/plugin_runner.py), and by nothing else
In:      {"tenant", "content": {"text", "content_type", "metadata"}, "names", "params", "seconds"}
Out:     {"results": {plugin: …}, "warnings": [{"plugin", "code", "message"}]}
"""

from functools import cache
from typing import Any

from heddle.application.plugins.run_plugins import RunPlugins
from heddle.application.plugins.wire import asked, told
from heddle.runtime.logging import bind
from heddle.runtime.plugins import call_plugin_of
from heddle.runtime.stores import Stores, StoreSettings


@cache
def run_plugins() -> RunPlugins:
    """Build the use case once per warm sandbox; tests put their own in its place."""
    return RunPlugins(call_plugin_of(Stores(StoreSettings.load())))


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Run them; a plugin that fails is a warning of the answer."""
    asking = asked(event)
    log = bind(None, context)
    log.append_keys(tenant=asking.tenant)
    answer = told(asking.by(run_plugins()))
    log.info("plugins", ran=list(answer["results"]), warnings=[each["code"] for each in answer["warnings"]])
    return answer
