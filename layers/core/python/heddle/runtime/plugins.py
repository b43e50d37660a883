"""The sandbox and the use cases of plugins over a stage's stores: for the functions that have the layer `wasm`."""

from functools import cache

from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.plugins.call_plugin import CallPlugin
from heddle.application.plugins.load_plugin import LoadPlugin
from heddle.runtime.clock import new_id, now
from heddle.runtime.stores import Stores


@cache
def sandbox() -> WasmtimeSandbox:
    """Return the one sandbox of this process: what it has loaded is kept."""
    return WasmtimeSandbox()


def load_plugin_of(stores: Stores) -> LoadPlugin:
    """Wire LoadPlugin."""
    return LoadPlugin(stores.plugin_files, sandbox(), stores.plugin_key)


def call_plugin_of(stores: Stores, load: LoadPlugin | None = None) -> CallPlugin:
    """Wire CallPlugin."""
    return CallPlugin(stores.plugins, load or load_plugin_of(stores), sandbox(), stores.plugin_log, now, new_id)
