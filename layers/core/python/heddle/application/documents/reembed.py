"""Changing a tenant's vectors to another model, in the background: searches go on by the old one until all are made.

begin ─► some batches ─► some batches ─► … ─► none left: change over, forget the old vectors
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heddle.application.documents.embed_chunks import BATCH, BATCH_SECONDS
from heddle.application.models.answer import EmbedTexts
from heddle.application.models.caller import Caller
from heddle.application.ports.documents import DocumentStore, EmbeddingModel
from heddle.application.ports.ingests import Reembeds
from heddle.application.ports.models import EmbeddingRequest
from heddle.domain.money import picos, usd
from heddle.errors import Conflict, NodeError, NotFound

BATCHES = 10
"""How many batches one step does at most."""


@dataclass(frozen=True)
class BeginReembed:
    """Starts the job."""

    store: DocumentStore
    embed: EmbedTexts
    reembeds: Reembeds
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def __call__(self, caller: Caller, model: str | None) -> EmbeddingModel:
        """Begin to make vectors by `model`; None is the tenant's alias `embed`, or goes on with what was begun.

        One text is embedded first, so that a wrong name is told to whoever gave it. Raises NotFound
        `embedding_model_not_found` if nothing was embedded yet, Conflict `reembedding` if another model is under way,
        and what EmbedTexts raises.
        """
        current = self.store.embedding_model(caller.tenant)
        if current is None:
            raise NotFound("no document has been embedded yet", code="embedding_model_not_found")
        answer = self.embed(caller, model or current.next_model, EmbeddingRequest(("probe",), timeout=BATCH_SECONDS))
        wanted = f"{answer.embeddings.provider}/{answer.embeddings.model}"
        if current.next_model not in (None, wanted):
            raise Conflict(
                f"vectors are being made by {current.next_model}; wait until that is done", code="reembedding"
            )
        name = f"reembed-{self.new_id()}"
        state = {
            "id": name,
            "done": 0,
            "cost_usd": answer.billed.usage()["cost_usd"],
            "started_at": self.now().isoformat(),
            "error": None,
        }
        begun = self.store.change_model(caller.tenant, wanted, state=state)
        self.reembeds.start(
            caller.tenant,
            name,
            {"tenant": caller.tenant, "model": wanted, "principal": caller.principal, "id": name},
        )
        return begun


@dataclass(frozen=True)
class ReembedStep:
    """Does some batches, and changes over when none is left."""

    store: DocumentStore
    embed: EmbedTexts
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    monotonic: Callable[[], float]

    def __call__(self, tenant: str, model: str, principal: str, job: str, *, seconds: float) -> dict[str, Any]:
        """Go on for so many seconds at most, and return {finished, done}. `stopped` if another job has taken its place.

        Raises NodeError: what can be tried again is retryable; else the job has noted why and stopped.
        """
        until = self.monotonic() + seconds - 2 * BATCH_SECONDS
        state = self._state(tenant, model, job)
        if state is None:
            return {"finished": True, "done": 0, "stopped": True}
        done, cost, dimensions = int(state["done"]), picos(state["cost_usd"]), 0
        for _ in range(BATCHES):
            chunks = self.store.without_vector(tenant, model, limit=BATCH)
            if not chunks:
                break
            if self.monotonic() > until:
                return {"finished": False, "done": done}
            caller = Caller(tenant, principal, self.new_id(), correlation_id=job)
            try:
                request = EmbeddingRequest(tuple(chunk.text for chunk in chunks), timeout=BATCH_SECONDS)
                answer = self.embed(caller, model, request)
            except NodeError as error:
                if not error.retryable:
                    failed = {"code": error.code, "message": error.message}
                    self.store.change_model(tenant, None, state=state | {"error": failed})
                raise
            dimensions = len(answer.embeddings.vectors[0])
            self.store.add_vectors(tenant, model, chunks, list(answer.embeddings.vectors))
            done += len(chunks)
            cost += picos(answer.billed.usage()["cost_usd"])
            self.store.change_model(tenant, model, state=state | {"done": done, "cost_usd": usd(cost)})
        else:
            return {"finished": False, "done": done}
        if not dimensions:
            probe = self.embed(Caller(tenant, principal, self.new_id()), model, EmbeddingRequest(("probe",)))
            dimensions = len(probe.embeddings.vectors[0])
        return {"finished": self.store.use_model(tenant, model, dimensions, at=self.now()), "done": done}

    def _state(self, tenant: str, model: str, job: str) -> dict[str, Any] | None:
        current = self.store.embedding_model(tenant)
        state = current.next_state if current and current.next_model == model else None
        return state if state and state.get("id") == job else None
