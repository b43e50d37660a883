"""Adapters whose AWS client is made at the first call: each further client costs a function start 20 to 40 ms."""

from functools import cached_property
from typing import TYPE_CHECKING

from heddle.application.ports.blobs import BlobInfo, BlobStore, Upload
from heddle.application.ports.secrets import Secrets
from heddle.domain.payload import PayloadRef
from heddle.runtime.clients import client

if TYPE_CHECKING:
    from heddle.adapters.aws.blobs import S3BlobStore
    from heddle.adapters.aws.secrets import SecretsManagerSecrets


class LazyBlobStore(BlobStore):
    """An S3BlobStore that is made when the first byte is needed; most steps need none."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    @cached_property
    def _store(self) -> "S3BlobStore":
        from heddle.adapters.aws.blobs import S3BlobStore

        return S3BlobStore(client("s3"), self._bucket)

    def put(self, tenant: str, data: bytes, *, media_type: str, prefix: str = "payloads") -> PayloadRef:
        return self._store.put(tenant, data, media_type=media_type, prefix=prefix)

    def get(self, tenant: str, key: str) -> bytes:
        return self._store.get(tenant, key)

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        return self._store.stat(tenant, key)

    def upload_url(self, tenant: str, filename: str, media_type: str, max_bytes: int, *, folder: str = "") -> Upload:
        return self._store.upload_url(tenant, filename, media_type, max_bytes, folder=folder)


class LazySecrets(Secrets):
    """SecretsManagerSecrets that is made when a node first asks for a secret."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @cached_property
    def _secrets(self) -> "SecretsManagerSecrets":
        from heddle.adapters.aws.secrets import SecretsManagerSecrets

        return SecretsManagerSecrets(client("secretsmanager"), self._prefix)

    def get(self, tenant: str, name: str) -> str:
        return self._secrets.get(tenant, name)
