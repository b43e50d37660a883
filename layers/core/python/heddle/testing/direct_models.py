"""Models asked directly: an AskModel without budgets, ledger, aliases and fallbacks, for workflows run in process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from heddle.adapters.models.extractive import ExtractiveProvider
from heddle.adapters.models.prices import cost_usd
from heddle.adapters.models.registry import PROVIDERS
from heddle.application.models.answer import Answer, EmbeddingsAnswer
from heddle.application.models.caller import Billed, Caller
from heddle.application.ports.models import CompletionRequest, EmbeddingRequest, ModelProvider
from heddle.domain.models.settings import model_ref
from heddle.domain.money import picos


@dataclass
class DirectModels:
    """Asks the provider that a name begins with; `default` where there is none, or it is no provider's."""

    default: str = "extractive"
    providers: Mapping[str, Callable[..., ModelProvider]] = field(default_factory=lambda: PROVIDERS)
    _made: dict[str, ModelProvider] = field(default_factory=dict, repr=False)

    def ask(
        self,
        caller: Caller,
        model: str | None,
        request: CompletionRequest,
        *,
        on_text: Callable[[str], None] | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Answer:
        """Ask, see AskModel; the text is streamed in one piece."""
        named = model_ref(model or self.default)
        if named.provider not in self.providers:
            named = model_ref(self.default)
        if named.provider not in self._made:
            self._made[named.provider] = self.providers[named.provider]()
        began = time.monotonic()
        completion = self._made[named.provider].complete(replace(request, model=named.model or None))
        took = round((time.monotonic() - began) * 1000, 3)
        used = (completion.input_tokens, completion.output_tokens)
        cost = completion.cost_usd or cost_usd(completion.provider, completion.model, *used) or "0"
        if on_text is not None and completion.text:
            on_text(completion.text)
        return Answer(completion, Billed(completion.provider, completion.model, *used, picos(cost), took))

    def embed(self, caller: Caller, model: str | None, request: EmbeddingRequest) -> EmbeddingsAnswer:
        """Embed by words and parts of words, see EmbedTexts: without a provider's model, whatever the name."""
        vectors = ExtractiveProvider().embed(request)
        return EmbeddingsAnswer(vectors, Billed(vectors.provider, vectors.model, vectors.input_tokens, 0, 0))
