"""Somebody approved a call that a budget held back: grant what it may cost, so that it passes when it is repeated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from heddle.application.budgets.grant_extra import GrantExtra
from heddle.domain.money import picos
from heddle.errors import NotFound

HELD = "budget_approval_required"


@dataclass(frozen=True)
class AllowHeldCall:
    """The `Allow` of approvals. `details` is what the purse said when it refused."""

    grant: GrantExtra

    def __call__(self, tenant: str, details: Mapping[str, Any], *, by: str, correlation_id: str) -> None:
        """Grant the call's worst case, once for each call that was held; a budget that is gone holds nothing back."""
        if details.get("code") != HELD:
            return
        try:
            self.grant(
                tenant,
                details["budget_id"],
                subject=details["subject"],
                window=details["window"],
                amount=picos(details["needed_usd"]),
                grant_id=details["call_id"],
                by=by,
                correlation_id=correlation_id,
            )
        except NotFound:
            return
