"""Money as whole picodollars (10⁻¹² USD): exact sums in every store, and decimal text wherever people read it.

A token costs as little as 0.0000000375 USD, so cents are far too coarse, and floats would lose some of each sum.
"""

from decimal import ROUND_CEILING, Decimal, InvalidOperation

from heddle.errors import InvalidInput

PICOS_PER_USD = 10**12
"""How many of our units a dollar has."""


def picos(amount: str | int | Decimal) -> int:
    """Return dollars (decimal text, a whole number, a Decimal) as picodollars; what is finer is rounded up.

    Raises InvalidInput `invalid_amount` for what is no finite number.
    """
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise InvalidInput(f"{amount!r} is not an amount of dollars", code="invalid_amount") from None
    if not value.is_finite():
        raise InvalidInput(f"{amount!r} is not an amount of dollars", code="invalid_amount")
    return int((value * PICOS_PER_USD).to_integral_value(ROUND_CEILING))


def usd(amount: int) -> str:
    """Return picodollars as decimal text in dollars without trailing zeros: 0.0015, 0, 12."""
    text = f"{Decimal(amount).scaleb(-12):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
