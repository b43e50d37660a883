"""Files of documents on S3, all below one prefix per document."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.originals import Original
from heddle.errors import InvalidInput, NotFound, PayloadTooLarge, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LINK_SECONDS = 300
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})
_CHANGED = frozenset({"PreconditionFailed", "412"})
_PIECE = 1024 * 1024
_PER_DELETE = 1000


@dataclass(frozen=True)
class S3Originals:
    """An Originals in one bucket."""

    client: "S3Client"
    bucket: str

    def measure(self, tenant: str, upload: str, *, most: int) -> Original:
        head = self._head(upload) if upload.startswith(f"{tenant}/uploads/") else None
        if head is None:
            raise NotFound(f"there is no upload {upload!r}; PUT the file to the address first", code="upload_not_found")
        size = int(head["ContentLength"])
        if size > most:
            raise PayloadTooLarge(
                f"the document has {size} bytes; at most {most} are taken", code="document_too_large", bytes=size
            )
        if size == 0:
            raise InvalidInput(
                "the document is empty",
                code="document_empty",
                errors=[{"field": "object", "message": "the upload has no bytes"}],
            )
        digest = hashlib.sha256()
        for piece in call(self.client.get_object, Bucket=self.bucket, Key=upload)["Body"].iter_chunks(_PIECE):
            digest.update(piece)
        return Original(upload, digest.hexdigest(), size, str(head["ContentType"]))

    def take(self, tenant: str, document_id: str, upload: Original) -> Original:
        key = f"{_prefix(tenant, document_id)}{upload.sha256}"
        try:
            call(
                self.client.copy_object,
                Bucket=self.bucket,
                Key=key,
                CopySource={"Bucket": self.bucket, "Key": upload.object},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT | _CHANGED:
                raise NotFound(f"the upload {upload.object!r} is gone", code="upload_not_found") from error
            raise
        return Original(key, upload.sha256, upload.bytes, upload.media_type)

    def keep(self, tenant: str, document_id: str, data: bytes, *, media_type: str) -> Original:
        digest = hashlib.sha256(data).hexdigest()
        key = f"{_prefix(tenant, document_id)}{digest}"
        call(self.client.put_object, Bucket=self.bucket, Key=key, Body=data, ContentType=media_type)
        return Original(key, digest, len(data), media_type)

    def read(self, tenant: str, key: str) -> bytes:
        try:
            body = call(self.client.get_object, Bucket=self.bucket, Key=_own(tenant, key))["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise _no_file(key) from error
            raise
        data: bytes = body.read()
        return data

    def write(self, tenant: str, key: str, data: bytes) -> None:
        call(
            self.client.put_object,
            Bucket=self.bucket,
            Key=_own(tenant, key),
            Body=data,
            ContentType="application/octet-stream",
        )

    def has(self, tenant: str, key: str) -> bool:
        return key.startswith(f"{tenant}/documents/") and self._head(key) is not None

    def remove(self, tenant: str, key: str) -> None:
        if key.startswith((f"{tenant}/documents/", f"{tenant}/uploads/")):
            call(self.client.delete_object, Bucket=self.bucket, Key=key)

    def remove_all(self, tenant: str, document_id: str) -> int:
        keys = list(self.files(tenant, document_id))
        for start in range(0, len(keys), _PER_DELETE):
            objects = [{"Key": key} for key in keys[start : start + _PER_DELETE]]
            reply = call(self.client.delete_objects, Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := reply.get("Errors"):
                raise UpstreamUnavailable(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")
        return len(keys)

    def link(self, tenant: str, key: str, *, filename: str, media_type: str) -> str:
        if not self.has(tenant, key):
            raise _no_file(key)
        # By RFC 6266 and 8187; and as an attachment, so that an HTML document never runs where the bucket is.
        name = f"attachment; filename*=UTF-8''{quote(filename or 'document', safe='')}"
        parameters = {
            "Bucket": self.bucket,
            "Key": key,
            "ResponseContentDisposition": name,
            "ResponseContentType": media_type or "application/octet-stream",
        }
        url: str = self.client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=LINK_SECONDS)
        return url

    def files(self, tenant: str, document_id: str) -> Iterator[str]:
        token: dict[str, Any] = {}
        while True:
            page = call(self.client.list_objects_v2, Bucket=self.bucket, Prefix=_prefix(tenant, document_id), **token)
            yield from (each["Key"] for each in page.get("Contents", []))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def _head(self, key: str) -> Any:
        try:
            return call(self.client.head_object, Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise


def _prefix(tenant: str, document_id: str) -> str:
    # An empty name would make the prefix that of all documents.
    assert tenant and document_id and "/" not in tenant + document_id
    return f"{tenant}/documents/{document_id}/"


def _own(tenant: str, key: str) -> str:
    if not key.startswith(f"{tenant}/documents/"):
        raise _no_file(key)
    return key


def _no_file(key: str) -> NotFound:
    return NotFound(f"there is no file {key!r}", code="original_not_found")
