"""Get the artefact of a version: what was compiled when it was handed in, if it is ours and for this machine."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from heddle.application.ports.plugins import Artefact, PluginFiles, Sandbox
from heddle.domain.plugins.plugin import Compiled, PluginVersion, seal_holds, seal_of, sealed_facts
from heddle.errors import PluginFailed

KEPT = 32


@dataclass(frozen=True)
class LoadPlugin:
    """An artefact is machine code that runs in this process: it is never loaded before its seal was checked.

    `key` gives the stage's key. Artefacts used last are kept, up to 32.
    """

    files: PluginFiles
    sandbox: Sandbox
    key: Callable[[], bytes]
    _kept: dict[tuple[str, str, str, str], Artefact] = field(default_factory=dict)

    def __call__(self, version: PluginVersion) -> Artefact:
        """Return the artefact. PluginFailed `plugin_artefact_untrusted` if a seal or a hash does not hold.

        After an update of the runtime the one that was kept is of no use; then the module is compiled again here, until
        it is reloaded (ReloadPlugin), which keeps the new one.
        """
        kept_as = (version.tenant, version.name, version.version, version.sha256)
        artefact = self._kept.pop(kept_as, None) or self._artefact(version)
        self._kept[kept_as] = artefact
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return artefact

    def compile(self, tenant: str, name: str, version: str, wasm: bytes) -> Compiled:
        """Compile a module for this machine, keep the artefact, and return it sealed."""
        artefact = self.sandbox.compile(wasm)
        sha256 = hashlib.sha256(wasm).hexdigest()
        facts = sealed_facts(tenant=tenant, name=name, version=version, sha256=sha256, target=artefact.target)
        digest = hashlib.sha256(artefact.data).hexdigest()
        key = self.files.put(tenant, name, f"{digest}.cwasm", artefact.data)
        return Compiled(artefact.target, key, digest, seal_of(self.key(), facts, artefact.data))

    def wasm(self, version: PluginVersion) -> bytes:
        """Return the module as it was handed in, and nothing else."""
        data = self.files.get(version.tenant, version.object)
        if hashlib.sha256(data).hexdigest() != version.sha256:
            raise _untrusted(version, "the module is not the one that was handed in: hand it in again")
        return data

    def _artefact(self, version: PluginVersion) -> Artefact:
        compiled = version.compiled
        facts = sealed_facts(
            tenant=version.tenant,
            name=version.name,
            version=version.version,
            sha256=version.sha256,
            target=compiled.target,
        )
        data = self.files.get(version.tenant, compiled.object)
        if not seal_holds(self.key(), facts, data, compiled.seal):
            raise _untrusted(version, "its compiled form does not carry this stage's seal: reload it")
        if compiled.target != self.sandbox.target:
            return self.sandbox.compile(self.wasm(version))
        return Artefact(compiled.target, data)


def _untrusted(version: PluginVersion, reason: str) -> PluginFailed:
    return PluginFailed(f"{version.name} {version.version} is not run: {reason}", code="plugin_artefact_untrusted")
