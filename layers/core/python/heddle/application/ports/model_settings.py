"""Where tenants' model settings are kept."""

from typing import Protocol

from heddle.domain.models.settings import ModelSettings


class ModelSettingsStore(Protocol):
    """One document per tenant."""

    def get(self, tenant: str) -> ModelSettings:
        """Return what the tenant has saved; ModelSettings() with version 0 if nothing. Strongly consistent."""
        ...

    def save(self, tenant: str, settings: ModelSettings, *, expected_version: int) -> ModelSettings:
        """Replace the settings and return them with their new version, `expected_version` + 1.

        Raises VersionConflict unless the stored version is `expected_version`.
        """
        ...
