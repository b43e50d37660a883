"""Tenants' secrets in Secrets Manager, under `{prefix}/{tenant}/{name}`."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

CACHE_SECONDS = 300.0
# No slash: a name must not lead to another tenant's folder.
_NAME = re.compile(r"[A-Za-z0-9_+=.@-]{1,200}")


@dataclass(frozen=True)
class SecretsManagerSecrets:
    """A Secrets; values are kept for five minutes, so a rotated secret is used soon and read seldom."""

    client: "SecretsManagerClient"
    prefix: str
    monotonic: Callable[[], float] = time.monotonic
    _kept: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, tenant: str, name: str) -> str:
        with self._lock:
            kept = self._kept.get((tenant, name))
        if kept is not None and self.monotonic() < kept[0]:
            return kept[1]
        value = self._read(tenant, name)
        with self._lock:
            self._kept[(tenant, name)] = (self.monotonic() + CACHE_SECONDS, value)
        return value

    def _read(self, tenant: str, name: str) -> str:
        absent = NotFound(f"there is no secret {name!r}", code="secret_not_found", name=name)
        if not _NAME.fullmatch(name) or not _NAME.fullmatch(tenant):
            raise absent
        try:
            reply = call(self.client.get_secret_value, SecretId=f"{self.prefix.rstrip('/')}/{tenant}/{name}")
        except ClientError as error:
            # Marked for deletion is gone, as far as a workflow is concerned.
            if error.response["Error"]["Code"] in ("ResourceNotFoundException", "InvalidRequestException"):
                raise absent from error
            raise
        value: str | None = reply.get("SecretString")
        return value if value is not None else bytes(reply["SecretBinary"]).decode()
