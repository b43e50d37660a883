"""Files of batches on S3, and what a tenant uploaded, to be listed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call
from heddle.application.ports.batches import Upload
from heddle.errors import InvalidInput, NotFound, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

KEPT_TAG = ("kept", "30-days")
"""The tag by which a rule of the bucket knows what to delete after thirty days."""
_PER_DELETE = 1000
_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True)
class S3BatchFiles:
    """A BatchFiles in the bucket of payloads."""

    client: "S3Client"
    bucket: str

    def put(self, tenant: str, batch_id: str, name: str, data: bytes) -> str:
        key = f"{_prefix(tenant, batch_id)}{name}"
        call(
            self.client.put_object,
            Bucket=self.bucket,
            Key=key,
            Body=data,
            ContentType="application/json",
            Tagging="=".join(KEPT_TAG),
        )
        return key

    def get(self, tenant: str, batch_id: str, name: str) -> bytes:
        key = f"{_prefix(tenant, batch_id)}{name}"
        try:
            data: bytes = call(self.client.get_object, Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise NotFound(f"the batch has no file {name!r}", code="batch_file_not_found") from error
            raise
        return data

    def remove_all(self, tenant: str, batch_id: str) -> None:
        keys = [each["Key"] for each in self._objects(_prefix(tenant, batch_id))]
        for start in range(0, len(keys), _PER_DELETE):
            objects: Any = [{"Key": key} for key in keys[start : start + _PER_DELETE]]
            reply = call(self.client.delete_objects, Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := reply.get("Errors"):
                raise UpstreamUnavailable(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")

    def uploads(self, tenant: str, folder: str, *, most: int) -> Sequence[Upload]:
        _tenant(tenant)
        # The slash behind the folder keeps `2026` from listing what lies in `2026-old`.
        prefix, found = f"{tenant}/uploads/{folder.strip('/')}/", []
        for each in self._objects(prefix):
            if each["Size"] > 0:  # consoles leave an empty object where somebody made a folder
                found.append(Upload(each["Key"], each["Key"].removeprefix(prefix)))
            if len(found) == most:
                break
        return found

    def _objects(self, prefix: str) -> Iterator[Any]:
        token: dict[str, Any] = {}
        while True:
            page = call(self.client.list_objects_v2, Bucket=self.bucket, Prefix=prefix, **token)
            yield from page.get("Contents", [])
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}


def _prefix(tenant: str, batch_id: str) -> str:
    _tenant(tenant)
    # An empty name would make the prefix that of all batches.
    assert batch_id and "/" not in batch_id
    return f"{tenant}/batches/{batch_id}/"


def _tenant(tenant: str) -> None:
    if not tenant or "/" in tenant or "#" in tenant:
        raise InvalidInput(f"{tenant!r} is not the name of a tenant", code="invalid_tenant")
