"""The client: workflows, runs, approvals, uploads of one tenant, from Python.

from heddle_sdk import Client

with Client.from_stage_file() as heddle:
    run = heddle.run("examples/research_brief.yaml", {"question": "…", "documents": […]}, wait=60)
    print(run.result()["report"])
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from heddle_sdk.ai_models import Models, Providers
from heddle_sdk.analyses import Analysis, analyze
from heddle_sdk.batches import Batches
from heddle_sdk.budgets import Ai, Budgets
from heddle_sdk.dead_letters import DeadLetters
from heddle_sdk.errors import WaitTimedOut
from heddle_sdk.library import Documents
from heddle_sdk.limits import Limits
from heddle_sdk.models import (
    Identity,
    Validation,
)
from heddle_sdk.pages import pages
from heddle_sdk.people import Messages, Notifications, Rules
from heddle_sdk.plugins import Plugins
from heddle_sdk.prompts import Prompts
from heddle_sdk.resources import ApiKeys, Approvals, Uploads, Workflows
from heddle_sdk.runs import Run, Runs
from heddle_sdk.transport import Credentials, Transport
from heddle_sdk.triggers import Triggers
from heddle_sdk.usage import Usage
from heddle_sdk.webhooks import Webhooks

if TYPE_CHECKING:
    from heddle_sdk.realtime import Realtime


class Client:
    """One tenant's door. Give a token, an API key, or user and password (then tokens are fetched and renewed)."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        api_key: str | None = None,
        user: str | None = None,
        password: str | None = None,
        timeout: float = 60.0,
        retries: int = 3,
        http: httpx.Client | None = None,
        ws_url: str | None = None,
    ) -> None:
        self._ws_url = ws_url
        who = Credentials(token=token, api_key=api_key, user=user, password=password)
        self._transport = Transport(base_url, who, timeout=timeout, retries=retries, http=http)
        self.workflows = Workflows(self._transport)
        self.runs = Runs(self._transport)
        self.approvals = Approvals(self._transport)
        self.uploads = Uploads(self._transport)
        self.budgets = Budgets(self._transport)
        self.ai = Ai(self._transport)
        self.api_keys = ApiKeys(self._transport)
        self.documents = Documents(self._transport)
        self.batches = Batches(self._transport)
        self.plugins = Plugins(self._transport)
        self.prompts = Prompts(self._transport)
        # people
        self.rules = Rules(self._transport)
        self.messages = Messages(self._transport)
        self.notifications = Notifications(self._transport)
        # models
        self.models = Models(self._transport)
        self.providers = Providers(self._transport)
        self.usage = Usage(self._transport)
        self.triggers = Triggers(self._transport)
        self.dead_letters = DeadLetters(self._transport)
        self.webhooks = Webhooks(self._transport)

    @classmethod
    def from_stage_file(cls, path: str | Path | None = None, **options: Any) -> "Client":
        """Read address and key from a stage file: the one named, or the one that `find_stage_file` finds."""
        file = Path(path) if path else find_stage_file()
        stage = json.loads(file.read_text())
        return cls(stage["api_url"], api_key=stage["api_key"], ws_url=stage.get("ws_url"), **options)

    @property
    def base_url(self) -> str:
        """Where the API is."""
        return self._transport.base_url

    def run(
        self,
        workflow: "str | Path | Mapping[str, Any]",
        input: Mapping[str, Any] | None = None,
        *,
        wait: float = 0,
        **options: Any,
    ) -> "Run":
        """Run a workflow by id, by the path of its document, or by the document itself (which is then saved first).

        With `wait` seconds the call returns when the run has ended, or after that time: look at `run.ended`.
        `options` as of `runs.start`.
        """
        run = self.runs.start(self.workflows.ensure(workflow), input, wait=min(wait, 20.0), **options)
        if wait and not run.ended:
            try:
                return run.wait(wait)
            except WaitTimedOut:
                return run.reload()
        return run

    def limits(self) -> Limits:
        """Return what this tenant may do at a time and per second, and how much of it is in use."""
        return Limits.from_json(self._transport.json("GET", "/limits"))

    def validate(self, document: "str | Path | Mapping[str, Any]") -> Validation:
        """Check a document without saving it."""
        return self.workflows.validate(document)

    def analyze(self, file: "str | Path | None" = None, **options: Any) -> Analysis:
        """Analyse a file, or a text given as `text=`; `options` as of `heddle_sdk.analyses.analyze`."""
        return analyze(self._transport, file, **options)

    def me(self) -> Identity:
        """Who this client is."""
        return Identity.from_json(self._transport.json("GET", "/me"))

    def health(self) -> dict[str, Any]:
        """Whether the service and everything it depends on is well."""
        value: dict[str, Any] = self._transport.json("GET", "/health/detailed", anonymous=True)
        return value

    def info(self) -> dict[str, Any]:
        """Return what is deployed there."""
        value: dict[str, Any] = self._transport.json("GET", "/info", anonymous=True)
        return value

    def node_types(self) -> list[dict[str, Any]]:
        """Return the node types that documents can use, each with the JSON Schema of its config."""
        return list(pages(self._transport, "/node-types", dict))

    def realtime(self, **options: Any) -> "Realtime":
        """Return a connection to the WebSocket service, to be used in a `with`. `options` as of `Realtime`."""
        from heddle_sdk.realtime import Realtime

        # Behind one origin, as the edge in front of a stage gives it, unless the address was told.
        url = self._ws_url or re.sub(r"^http", "ws", self.base_url.removesuffix("/api")) + "/ws"
        return Realtime(url, self._transport.credential_headers, **options)

    def token(self) -> str | None:
        """Return the bearer token in use; None with an API key."""
        return self._transport.token()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def find_stage_file() -> Path:
    """Return the stage file of HEDDLE_HOME, or of this folder or one above; FileNotFoundError if there is none."""
    home = os.environ.get("HEDDLE_HOME")
    folders = [Path(home)] if home else [folder / ".heddle" for folder in (Path.cwd(), *Path.cwd().parents)]
    for folder in folders:
        if (folder / "stage.json").is_file():
            return folder / "stage.json"
    raise FileNotFoundError("there is no stage here; bring one up with: heddle up")
