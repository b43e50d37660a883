"""What a DynamoDB client costs a cold start: boto3 beside what could take its place. CPU ms until one item was read.

    make bench    or    python -m benchmarks.thin_client [--rounds 9]

`boto3` as every function uses it; `boto3, collector tuned` with the thresholds of heddle/runtime; `signer` signs with
botocore's own SigV4 and sends with urllib3, without botocore's models; `own` signs by itself (hmac) and sends with
http.client. The last two are probes: they retry nothing and know one service.
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from benchmarks.cold_start import PEERS, managed_runtime, once
from benchmarks.first_events import first_events
from benchmarks.machine import describe

_TUNED = "import gc\ngc.set_threshold(50_000, 20, 50)\n"

_SIGNER = """
import json, os
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

pool = urllib3.PoolManager()

def lambda_handler(event, context):
    body = json.dumps({"TableName": os.environ["CATALOG_TABLE"], "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}})
    headers = {"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", os.environ["AWS_ENDPOINT_URL"] + "/", headers, body)
    keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(keys, "dynamodb", os.environ["AWS_DEFAULT_REGION"]).add_auth(request)
    answer = pool.request("POST", request.url, body=body, headers=dict(request.headers))
    if answer.status != 200:
        raise SystemExit(answer.data)
    return json.loads(answer.data)
"""

_OWN = """
import hashlib, hmac, http.client, json, os, time
from urllib.parse import urlsplit

def signed(host, region, body, headers):
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = headers | {"host": host, "x-amz-date": stamp}
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\\n" for name in sorted(headers))
    canonical = f"POST\\n/\\n\\n{lines}\\n{names}\\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\\n{stamp}\\n{scope}\\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
    value = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={key.hex()}"
    return headers | {"authorization": value}

def lambda_handler(event, context):
    body = json.dumps({"TableName": os.environ["CATALOG_TABLE"], "Key": {"pk": {"S": "a"}, "sk": {"S": "b"}}}).encode()
    headers = {"x-amz-target": "DynamoDB_20120810.GetItem", "content-type": "application/x-amz-json-1.0"}
    host = urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc
    connection = http.client.HTTPConnection(host)
    connection.request("POST", "/", body, signed(host, os.environ["AWS_DEFAULT_REGION"], body, headers))
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(answer.read())
    return json.loads(answer.read())
"""

PROBES = {
    "boto3": PEERS["boto3"],
    "boto3, collector tuned": _TUNED + PEERS["boto3"],
    "signer": _SIGNER,
    "own": _OWN,
    "own, with TLS": "import ssl\nssl.create_default_context()\n" + _OWN,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    runtime = managed_runtime()
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in PROBES}
    with tempfile.TemporaryDirectory() as scratch, first_events() as events:
        for number, source in enumerate(PROBES.values()):
            (Path(scratch) / str(number)).mkdir()
            (Path(scratch) / str(number) / "handler.py").write_text(source, encoding="utf-8")
        for _ in range(rounds):
            for number, name in enumerate(PROBES):
                imported, answered = once(Path(scratch) / str(number), [runtime], {}, events.environment)
                times[name].append((imported, answered or 0.0))
    print(describe())
    print(f"{'client':<26}{'import':>8}{'first item':>12}   CPU ms")
    for name, found in times.items():
        imported, answered = (statistics.median(part) for part in zip(*found, strict=True))
        print(f"{name:<26}{imported:>8.1f}{answered:>12.1f}")


if __name__ == "__main__":
    main()
