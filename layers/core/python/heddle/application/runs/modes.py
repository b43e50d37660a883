"""Which way a run is executed: what the caller asked for, if the graph allows it, else what the compiler chose."""

from collections.abc import Mapping
from typing import Any

from heddle.errors import InvalidInput

MODES = ("inline", "express", "standard")


def choose_mode(plan: Mapping[str, Any], asked: str) -> tuple[str, str]:
    """Return the mode (inline, express or standard) of a run of this plan (as stored), and the reason to show.

    Raises InvalidInput with code `mode_not_allowed` if the graph does not allow what was asked.
    """
    allowed = [mode for mode in MODES if mode in plan["modes"]]
    if asked == "auto":
        chosen = plan["mode"] if plan["mode"] in allowed else allowed[0]
        return chosen, str(plan["reason"])
    if asked not in allowed:
        raise InvalidInput(
            f"this workflow cannot run in mode {asked!r}; it allows {', '.join(allowed)}: {plan['reason']}",
            code="mode_not_allowed",
            errors=[{"field": "mode", "message": f"allowed: auto, {', '.join(allowed)}"}],
        )
    return asked, "asked for by the caller"
