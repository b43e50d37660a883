"""What this tenant may do at a time and per second."""

from collections.abc import Mapping
from dataclasses import dataclass

from heddle_sdk.models import Answer


@dataclass(frozen=True, kw_only=True)
class Limits(Answer):
    """Limits by name as they are now, and how much of some is in use."""

    limits: Mapping[str, float]
    in_use: Mapping[str, int]
