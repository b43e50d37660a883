"""What a completion cost by the built-in table, for whoever has no tenant's price book."""

from datetime import UTC, datetime
from functools import cache

from heddle.domain.models.prices import PriceBook
from heddle.domain.models.settings import ModelSettings, ProviderConfig
from heddle.domain.money import usd


def cost_usd(provider: str, model: str, input_tokens: int, output_tokens: int) -> str | None:
    """Return the cost in USD as decimal text, or None if nobody here knows the model's price.

    Never a guess: an unpriced call is shown as unpriced rather than as free.
    """
    price = _book().price(ProviderConfig(provider, provider), model, datetime.now(UTC))
    return None if price is None else usd(price.cost(input_tokens, output_tokens))


@cache
def _book() -> PriceBook:
    return PriceBook(ModelSettings())
