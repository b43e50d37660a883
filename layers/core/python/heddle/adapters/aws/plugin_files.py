"""Modules and artefacts of plugins on S3, all below one prefix per plugin."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from heddle.adapters.aws.dynamo import call, partition
from heddle.errors import NotFound, UpstreamUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_ABSENT = frozenset({"NoSuchKey", "404", "NotFound"})


@dataclass(frozen=True)
class S3PluginFiles:
    """A PluginFiles in one bucket."""

    client: "S3Client"
    bucket: str

    def put(self, tenant: str, name: str, file: str, data: bytes) -> str:
        key = f"{_prefix(tenant)}{name}/{file}"
        call(self.client.put_object, Bucket=self.bucket, Key=key, Body=data, ContentType="application/wasm")
        return key

    def get(self, tenant: str, key: str) -> bytes:
        if not key.startswith(_prefix(tenant)):
            raise _no_file(key)
        try:
            data: bytes = call(self.client.get_object, Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise _no_file(key) from error
            raise
        return data

    def remove_all(self, tenant: str, name: str) -> int:
        assert name  # an empty one would make the prefix that of all plugins
        removed, token = 0, dict[str, Any]()
        while True:
            prefix = f"{_prefix(tenant)}{name}/"
            page = call(self.client.list_objects_v2, Bucket=self.bucket, Prefix=prefix, **token)
            objects = [{"Key": each["Key"]} for each in page.get("Contents", [])]
            if objects:
                reply = call(self.client.delete_objects, Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
                if errors := reply.get("Errors"):
                    raise UpstreamUnavailable(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")
            removed += len(objects)
            if not page.get("IsTruncated"):
                return removed
            token = {"ContinuationToken": page["NextContinuationToken"]}


def _prefix(tenant: str) -> str:
    return f"{partition(tenant)}/plugins/"


def _no_file(key: str) -> NotFound:
    return NotFound(f"there is no file {key!r}", code="plugin_file_not_found")
