"""Tenants of the tests' own, whose budgets, switches and keys no other test meets; and workflows that ask models.

A model server is shared by all tests: each writes a word of its own into its prompts, and scripts and counts by it.
"""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from heddle_cli.stage.seed import create_user
from heddle_sdk import Client
from heddle_sdk.runs import Run
from tests.local.backstage import Backstage

OPENAI, ANTHROPIC, BEDROCK = "openai/gpt-5-mini", "anthropic/claude-haiku-4-5", "bedrock/amazon.nova-lite-v1:0"
MANUAL = [
    {"text": "Oil the belt every two hours.", "source": "manual.md"},
    {"text": "The red button stops the belt.", "source": "manual.md"},
]
FILLER = "Nothing of what follows matters. " * 40
"""More bytes than the tokens that the model server says a prompt has: so no call costs more than was reserved."""


@dataclass(frozen=True)
class Tenant:
    """A tenant, by a client of its administrator; and what lies behind the API of it."""

    id: str
    client: Client
    backstage: Backstage

    def secret(self, name: str, value: str) -> None:
        """Keep a secret, as the tenant's operator does."""
        self.backstage.client("secretsmanager").create_secret(Name=f"{self._secrets}{name}", SecretString=value)

    @property
    def _secrets(self) -> str:
        return f"heddle/local/{self.id}/"

    def cost(self, run: Run) -> Decimal:
        """Add up the ledger's lines of a run."""
        return sum((Decimal(line["cost_usd"]) for line in self.client.usage.of_run(run.id)), Decimal(0))

    def price(self, model: str, input_tokens: int = 1000, output_tokens: int = 100) -> Decimal:
        """Return what so many tokens cost by the catalogue; as many as the model server says if nobody tells it."""
        (found,) = self.client.models.cheapest(model, input_tokens=input_tokens, output_tokens=output_tokens)
        return Decimal(found.cost_usd or "NaN")


@contextlib.contextmanager
def tenant_of_its_own(backstage: Backstage, api_url: str) -> Iterator[Tenant]:
    """Make a tenant that nobody had before; its user and secrets are gone at the end of the block."""
    tenant = f"ai-{secrets.token_hex(4)}"
    user, password = f"{tenant}@heddle.local", f"Heddle-{tenant}-1a"
    pool, cognito = backstage.outputs["UserPoolId"], backstage.client("cognito-idp")
    create_user(cognito, pool, user=user, password=password, tenant=tenant, role="admin")
    try:
        with Client(api_url, user=user, password=password) as client:
            made = Tenant(tenant, client, backstage)
            yield made
            vault = backstage.client("secretsmanager")
            for page in vault.get_paginator("list_secrets").paginate():
                for secret in page["SecretList"]:
                    if secret["Name"].startswith(made._secrets):
                        vault.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)
    finally:
        cognito.admin_delete_user(UserPoolId=pool, Username=user)


def llm(node: str, prompt: str, model: str = OPENAI, *, after: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """Return a node that asks once, without retries; `more` is config, or other fields of the node in `fields`."""
    fields = more.pop("fields", {})
    config = {"prompt": f"{prompt} {FILLER}", "model": model, "max_tokens": 200, **more}
    return {"id": node, "type": "llm", "config": config, "after": list(after), "retry": {"max_attempts": 1}, **fields}


def asks(name: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    """Return a workflow of these nodes that gives the last one's output."""
    return {"name": name, "nodes": [*nodes], "outputs": {"last": f"{{{{ nodes.{nodes[-1]['id']}.output }}}}"}}
