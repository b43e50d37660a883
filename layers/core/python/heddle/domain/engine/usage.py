"""Adding up what nodes used: token counts are numbers, money is decimal text."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

COST = "cost_usd"


def add_usage(total: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sum of two usages; counters are added, the cost exactly, names (model, provider) left out."""
    if not part:
        return dict(total)
    result = dict(total)
    for name, value in part.items():
        if name == COST:
            if value is not None:
                result[COST] = format(Decimal(str(result.get(COST, "0"))) + Decimal(str(value)), "f")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            result[name] = result.get(name, 0) + value
    return result
