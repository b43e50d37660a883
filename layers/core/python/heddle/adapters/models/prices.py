"""What a completion cost, from the price tables of genai-prices, imported when the first price is asked for."""

from decimal import Decimal

_PROVIDERS = {"bedrock": "aws", "openai": "openai", "anthropic": "anthropic"}


def cost_usd(provider: str, model: str, input_tokens: int, output_tokens: int) -> str | None:
    """Return the cost in USD as decimal text, or None if nobody here knows the model's price.

    Never a guess: an unpriced call is shown as unpriced rather than as free.
    """
    if provider not in _PROVIDERS:
        return None
    try:
        from genai_prices import Usage, calc_price
    except ImportError:  # the function came without the prices layer
        return None
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    try:
        price = calc_price(usage, model, provider_id=_PROVIDERS[provider])
    except LookupError:
        return None
    return as_text(Decimal(price.total_price))


def as_text(amount: Decimal) -> str:
    """Return an amount without exponent and trailing zeros: 0.0015, 0, 12."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
