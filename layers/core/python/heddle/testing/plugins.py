"""Plugins in this process: the real sandbox and use cases, over stores in memory."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property

from heddle.adapters.memory.plugins import MemoryPluginFiles, MemoryPluginLog, MemoryPluginStore
from heddle.adapters.plugins.wasmtime_sandbox import WasmtimeSandbox
from heddle.application.plugins.call_plugin import CallPlugin
from heddle.application.plugins.load_plugin import LoadPlugin
from heddle.application.plugins.run_plugins import RunPlugins


@cache
def sandbox() -> WasmtimeSandbox:
    """Return one sandbox for all tests of a process: an engine is dear, and calls do not know of each other."""
    return WasmtimeSandbox()


@dataclass
class DirectPlugins:
    """Everything about plugins of all tenants."""

    store: MemoryPluginStore = field(default_factory=MemoryPluginStore)
    files: MemoryPluginFiles = field(default_factory=MemoryPluginFiles)
    log: MemoryPluginLog = field(default_factory=MemoryPluginLog)

    @cached_property
    def load(self) -> LoadPlugin:
        """What compiles and seals."""
        return LoadPlugin(self.files, sandbox(), lambda: b"the stage's key")

    @cached_property
    def call(self) -> CallPlugin:
        """What calls one."""
        return CallPlugin(
            self.store, self.load, sandbox(), self.log, lambda: datetime.now(UTC), lambda: uuid.uuid4().hex
        )

    @cached_property
    def runner(self) -> RunPlugins:
        """What runs them for an analysis."""
        return RunPlugins(self.call)
