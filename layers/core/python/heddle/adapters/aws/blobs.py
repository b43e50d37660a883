"""Blobs on S3: objects named by their content, below a prefix per tenant."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.blobs import BlobInfo, Upload
from heddle.domain.payload import PayloadRef
from heddle.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

UPLOAD_SECONDS = 900
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_EXISTS = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class S3BlobStore:
    """A BlobStore in one bucket. The client must sign with `signature_version="s3v4"`, for the uploads' URLs."""

    client: "S3Client"
    bucket: str
    now: Callable[[], datetime] = _utc_now

    def put(self, tenant: str, data: bytes, *, media_type: str, prefix: str = "payloads") -> PayloadRef:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{_prefix(tenant)}{prefix}/{digest}"
        try:
            call(
                self.client.put_object,
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=media_type,
                # The name is the content: what lies there already is the same bytes.
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _EXISTS:
                raise
        return PayloadRef(key, digest, len(data))

    def get(self, tenant: str, key: str) -> bytes:
        if not key.startswith(_prefix(tenant)):
            raise NotFound(f"there is no object {key!r}", object=key)
        try:
            data: bytes = call(self.client.get_object, Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise NotFound(f"there is no object {key!r}", object=key) from error
            raise
        return data

    def stat(self, tenant: str, key: str) -> BlobInfo | None:
        if not key.startswith(_prefix(tenant)):
            return None
        try:
            head = call(self.client.head_object, Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        return BlobInfo(head["ContentLength"], head["ContentType"])

    def upload_url(self, tenant: str, filename: str, media_type: str, max_bytes: int, *, folder: str = "") -> Upload:
        # A presigned PUT can bind the media type, not an upper bound of the length (only a form POST could): whoever
        # reads the object asks `stat` first and refuses what is larger than `max_bytes`.
        name = PurePosixPath(filename).name or "upload"
        key = f"{_prefix(tenant)}uploads/{folder or secrets.token_hex(16)}/{name}"
        url = self.client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key, "ContentType": media_type},
            ExpiresIn=UPLOAD_SECONDS,
            HttpMethod="PUT",
        )
        return Upload(key, url, {"Content-Type": media_type}, self.now() + timedelta(seconds=UPLOAD_SECONDS))


def _prefix(tenant: str) -> str:
    if not tenant or "/" in tenant or "#" in tenant:
        raise InvalidInput(f"{tenant!r} is not the name of a tenant", code="invalid_tenant")
    return f"{tenant}/"
