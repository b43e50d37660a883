"""Manual: started by `POST /triggers/{id}/fire`, with a payload; every other kind can be fired so as well."""

from collections.abc import Mapping
from typing import Any

from heddle.domain.triggers.config import Config


def check(config: Mapping[str, Any]) -> dict[str, Any]:
    """There is nothing to set."""
    Config(config).done()
    return {}
