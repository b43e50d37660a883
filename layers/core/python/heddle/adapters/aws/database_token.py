"""Passwords for RDS that live for a quarter of an hour: an address that the role of the function has signed.

Nothing is asked over the network. As `generate_db_auth_token` of boto3's client for RDS makes them, without the tenth
of a second that loading this client takes.
"""

from typing import Any

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest

VALID_SECONDS = 900


def database_token(*, host: str, port: int, user: str, region: str, credentials: Any) -> str:
    """Return what `user` gives for a password at this host; only the log-in must come in time, not what follows."""
    parameters = {"Action": "connect", "DBUser": user}
    request = AWSRequest(method="GET", url=f"https://{host}:{port}/", params=parameters)
    SigV4QueryAuth(credentials, "rds-db", region, expires=VALID_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
