"""Tokens for RDS are the ones that boto3 makes."""

from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.credentials import Credentials

from heddle.adapters.aws.database_token import database_token

WHERE = "heddle.cluster-abc.eu-central-1.rds.amazonaws.com"


@pytest.mark.parametrize("session_token", [None, "of/a+role=="])
def test_a_token_is_the_one_that_boto3_makes(session_token: str | None) -> None:
    credentials = Credentials("AKIDEXAMPLE", "secret", session_token)
    client = boto3.client(
        "rds",
        region_name="eu-central-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        aws_session_token=session_token,
    )

    def parts(token: str) -> tuple[str, dict[str, list[str]]]:
        address = urlsplit(f"https://{token}")
        return address.netloc, parse_qs(address.query)

    # Both look at the clock: once more, if a second ended between the two.
    for _ in range(3):
        theirs = client.generate_db_auth_token(
            DBHostname=WHERE, Port=5432, DBUsername="heddle_functions", Region="eu-central-1"
        )
        ours = database_token(
            host=WHERE, port=5432, user="heddle_functions", region="eu-central-1", credentials=credentials
        )
        if parts(ours)[1]["X-Amz-Date"] == parts(theirs)[1]["X-Amz-Date"]:
            break

    assert parts(ours) == parts(theirs)
