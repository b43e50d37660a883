"""A plugin of a tenant: a name, the version that is used, and whether it is.

A version never changes: other bytes are another version. What was compiled of it is good for one target, and is trusted
because of its seal, not because of where it lies.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from heddle.domain.plugins.manifest import Manifest
from heddle.records import dataclass

MAX_PLUGINS = 100
"""How many plugins a tenant may have: all that are enabled are looked at for each analysis."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """An artefact as it lies in the files: the key of its bytes, and the seal over what it is."""

    target: str
    object: str
    sha256: str
    seal: str


@dataclass(frozen=True, slots=True)
class PluginVersion:
    """A version as it was handed in. `sha256` and `object` are those of the module; times are ISO 8601 in UTC."""

    tenant: str
    manifest: Manifest
    sha256: str
    bytes: int
    object: str
    compiled: Compiled
    uploaded_at: str
    uploaded_by: str

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.manifest.name

    @property
    def version(self) -> str:
        """The version's name."""
        return self.manifest.version


@dataclass(frozen=True, slots=True)
class Plugin:
    """The plugin of a name. `revision` counts its changes, so that of two writers at once one is told."""

    tenant: str
    name: str
    current: PluginVersion
    enabled: bool
    revision: int
    created_at: str
    updated_at: str
    updated_by: str
    config: dict[str, Any] = field(default_factory=dict)


def seal_of(key: bytes, version: Mapping[str, str], artefact: bytes) -> str:
    """Return the seal (HMAC-SHA-256) over an artefact and the facts of whose it is and what it was made from.

    Without the facts, whoever can write to the store but has no key could pass one plugin's code off as another's.
    """
    facts = "\0".join(f"{name}={version[name]}" for name in sorted(version))
    return hmac.new(key, facts.encode() + b"\0\0" + hashlib.sha256(artefact).digest(), hashlib.sha256).hexdigest()


def seal_holds(key: bytes, version: Mapping[str, str], artefact: bytes, seal: str) -> bool:
    """Whether the seal was made by this key over exactly this."""
    return hmac.compare_digest(seal_of(key, version, artefact), seal)


def sealed_facts(*, tenant: str, name: str, version: str, sha256: str, target: str) -> dict[str, str]:
    """Return what a seal is made over beside the artefact; `sha256` is the module's."""
    return {"tenant": tenant, "name": name, "version": version, "sha256": sha256, "target": target}
