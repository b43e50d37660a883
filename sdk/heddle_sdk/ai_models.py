"""Language models from Python: what there is, what it costs, who is asked, and how many tokens a text has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from heddle_sdk.models import Answer
from heddle_sdk.transport import Transport


@dataclass(frozen=True, kw_only=True)
class Model(Answer):
    """A model; `ref` is `provider/model`. Without a price it is refused. `cost_usd` is of the usage asked for."""

    ref: str
    provider: str = ""
    kind: str = ""
    model: str = ""
    enabled: bool = True
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Mapping[str, Any] | None = None
    cost_usd: str | None = None


@dataclass(frozen=True, kw_only=True)
class Alias(Answer):
    """A name that stands for models; `answers` is the one that is asked first."""

    name: str
    built_in: bool = False
    answers: str | None = None
    chain: tuple[Model, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Provider(Answer):
    """Who answers prompts; `own`: your tenant configured it. `secret` names where its key lies."""

    name: str
    kind: str = ""
    own: bool = False
    enabled: bool = True
    base_url: str | None = None
    default_model: str | None = None
    secret: str | None = None
    circuit: str = "closed"
    aliases: tuple[str, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class TokenCount(Answer):
    """How many tokens, counted by which rule, and whether that is what the provider will count."""

    model: str
    tokens: int
    method: str = ""
    exact: bool = False
    bound: int = 0
    context_left: int | None = None
    input_cost_usd: str | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison(Answer):
    """Two models for one usage; `cheaper` is a, b or same."""

    a: Model
    b: Model
    cheaper: str = "same"
    saving_usd: str = "0"
    saving_percent: str = "0"
    monthly_saving_usd: str = "0"


@dataclass(frozen=True)
class Models:
    """Models and the aliases that stand for them."""

    _transport: Transport

    def list(self, *, provider: str | None = None) -> tuple[Model, ...]:
        """Return the models that aliases name; of one provider every one that is known."""
        value = self._transport.json("GET", "/models", params={"provider": provider} if provider else None)
        return tuple(Model.from_json(each) for each in value["models"])

    def aliases(self) -> tuple[Alias, ...]:
        """Return every alias with its chain."""
        return tuple(_alias(each) for each in self._transport.json("GET", "/models")["aliases"])

    def set_alias(self, name: str, *models: str, expected_version: int | None = None) -> int:
        """Let an alias stand for models (`provider/model`), tried in this order; return the settings' new version."""
        body: dict[str, Any] = {"models": [*models]} | _expected(expected_version)
        version: int = self._transport.json("PUT", f"/model-aliases/{name}", body=body)["version"]
        return version

    def delete_alias(self, name: str) -> None:
        """Remove an alias; a built-in one means again what it means."""
        self._transport.json("DELETE", f"/model-aliases/{name}")

    def compare(
        self, a: str, b: str, *, input_tokens: int = 1000, output_tokens: int = 100, calls_per_day: int = 1
    ) -> Comparison:
        """Compare what two models cost for a usage, and in a month of it."""
        params = {"a": a, "b": b, "input_tokens": input_tokens, "output_tokens": output_tokens}
        value = self._transport.json("GET", "/models/compare", params={**params, "calls_per_day": calls_per_day})
        return Comparison.from_json({**value, "a": Model.from_json(value["a"]), "b": Model.from_json(value["b"])})

    def cheapest(self, *models: str, input_tokens: int = 1000, output_tokens: int = 100) -> tuple[Model, ...]:
        """Return models by what a usage costs with them, cheapest first: these, or all that can be used."""
        params: dict[str, Any] = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        params |= {"models": ",".join(models)} if models else {}
        items = self._transport.json("GET", "/models/cheapest", params=params)["items"]
        return tuple(Model.from_json(each) for each in items)

    def count(self, text: str | Sequence[str] | Sequence[Mapping[str, str]], model: str | None = None) -> TokenCount:
        """Count the tokens of a text, of several, or of a chat of {"role", "content"}, without asking a provider."""
        body: dict[str, Any] = {"model": model} if model else {}
        if isinstance(text, str):
            body["text"] = text
        else:
            body["texts" if all(isinstance(each, str) for each in text) else "messages"] = [*text]
        return TokenCount.from_json(self._transport.json("POST", "/models/count", body=body))

    def settings(self) -> dict[str, Any]:
        """Return your own prices, the ceiling for unknown models, and how long answers are reused."""
        value: dict[str, Any] = self._transport.json("GET", "/model-settings")
        return value

    def save_settings(
        self,
        *,
        prices: Sequence[Mapping[str, Any]] = (),
        price_ceiling: Mapping[str, str | Decimal] | None = None,
        cache_seconds: int = 0,
        expected_version: int | None = None,
    ) -> dict[str, Any]:
        """Replace them. Amounts are decimal text or Decimal, in USD for a million tokens; never floats."""
        body: dict[str, Any] = {"prices": [_text(price) for price in prices], "cache_seconds": cache_seconds}
        body |= {"price_ceiling": _text(price_ceiling)} if price_ceiling is not None else {}
        value: dict[str, Any] = self._transport.json("PUT", "/model-settings", body=body | _expected(expected_version))
        return value


@dataclass(frozen=True)
class Providers:
    """Who answers prompts."""

    _transport: Transport

    def list(self) -> tuple[Provider, ...]:
        """Return every provider, the stage's and your own."""
        return tuple(Provider.from_json(each) for each in self._transport.json("GET", "/providers")["items"])

    def save(self, name: str, kind: str, *, expected_version: int | None = None, **config: Any) -> Provider:
        """Configure a provider. Its key is never sent: put it into your tenant's secret `<name>-api-key`."""
        body = {"kind": kind, **config} | _expected(expected_version)
        return Provider.from_json(self._transport.json("PUT", f"/providers/{name}", body=body))

    def delete(self, name: str) -> None:
        """Remove a provider; refused while an alias would lose it."""
        self._transport.json("DELETE", f"/providers/{name}")


def _alias(value: Mapping[str, Any]) -> Alias:
    return Alias.from_json({**value, "chain": [Model.from_json(each) for each in value["chain"]]})


def _expected(version: int | None) -> dict[str, int]:
    return {} if version is None else {"expected_version": version}


def _text(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{value:f}" if isinstance(value, Decimal) else value for name, value in values.items()}
