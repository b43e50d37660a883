"""boto3 clients of the local stage's emulator, made when they are needed: importing boto3 takes a moment."""

from typing import Any

from heddle_cli.stage.emulator import REGION


def client(service: str, port: int, **config: Any) -> Any:
    """Return a client that speaks to the emulator at this port."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False, retries={"max_attempts": 2}, proxies={}, **config),
    )
