"""The use cases of prompts over a store in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from heddle.adapters.memory.prompts import MemoryPromptStore
from heddle.application.prompts.delete_prompt import DeletePrompt
from heddle.application.prompts.find_prompt import FindPrompt
from heddle.application.prompts.label_prompt import LabelPrompt
from heddle.application.prompts.render_prompt import RenderPrompt
from heddle.application.prompts.save_prompt import SavePrompt


@dataclass
class Desk:
    """The use cases over one store, with a clock that only moves when told."""

    store: MemoryPromptStore = field(default_factory=MemoryPromptStore)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.save = SavePrompt(self.store, self.now, self.monotonic)
        self.label = LabelPrompt(self.store, self.now, self.monotonic)
        self.delete = DeletePrompt(self.store, self.now)
        self.find = FindPrompt(self.store)
        self.render = RenderPrompt(self.store, self.now, self.monotonic)

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def write(self, content: Any, name: str = "p", **fields: Any) -> int:
        document = {"name": name, "content": content, **fields}
        return self.save("acme", document, by="user:ada")[1].number

    def text(self, ref: str, **variables: Any) -> str:
        return self.render("acme", ref, variables).text


@pytest.fixture
def desk() -> Desk:
    return Desk()
