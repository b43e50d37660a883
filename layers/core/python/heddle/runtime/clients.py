"""AWS clients: one of each kind per sandbox, with limits on how long they wait and how often they try."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

CONFIG = Config(
    connect_timeout=2,
    read_timeout=10,
    retries={"mode": "standard", "max_attempts": 4},
    tcp_keepalive=True,
    # The threads of a for_each share the client.
    max_pool_connections=50,
)

# For what may be missed: live output must not hold up the answer that it shows.
HASTY_CONFIG = CONFIG.merge(Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "max_attempts": 2}))

# For functions that are called and take their time: longer than the longest of them, and never twice.
PATIENT_CONFIG = CONFIG.merge(Config(read_timeout=65, retries={"mode": "standard", "max_attempts": 1}))

# A stage's own buckets are addressed in the region they are in, and presigned links must not be of the old kind.
S3_CONFIG = CONFIG.merge(Config(signature_version="s3v4"))


@cache
def client(service: str, *, hasty: bool = False, patient: bool = False) -> Any:
    """Return the sandbox's client of a service; a hasty one gives up after some seconds, a patient one asks once."""
    make: Any = boto3.client  # its overloads know services by literal name only
    usual = S3_CONFIG if service == "s3" else CONFIG
    return make(service, config=HASTY_CONFIG if hasty else PATIENT_CONFIG if patient else usual)
