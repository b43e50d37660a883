"""Tenants' model settings in memory."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from heddle.domain.models.settings import ModelSettings, settings_from_json
from heddle.errors import VersionConflict


@dataclass
class MemoryModelSettingsStore:
    """A ModelSettingsStore; settings are kept as JSON, so no reader can change what the next one gets."""

    _kept: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, tenant: str) -> ModelSettings:
        kept = self._kept.get(tenant)
        document: dict[str, Any] = orjson.loads(kept) if kept is not None else {}
        return settings_from_json(document)

    def save(self, tenant: str, settings: ModelSettings, *, expected_version: int) -> ModelSettings:
        with self._lock:
            if self.get(tenant).version != expected_version:
                raise VersionConflict(f"the model settings are not at version {expected_version}")
            saved = replace(settings, version=expected_version + 1)
            self._kept[tenant] = orjson.dumps(saved.to_json())
            return saved
