"""Which stage a command speaks to: the local one unless it is told of another."""

import os
from typing import Annotated

import typer

from heddle_cli.console import Exit, fail
from heddle_cli.names import COMMAND
from heddle_cli.stage.home import Home
from heddle_cli.stage.stage_file import StageFile
from heddle_sdk import Client

Stage = Annotated[
    str | None,
    typer.Option("--stage", envvar="HEDDLE_API_URL", help="API address of another stage (its key in HEDDLE_API_KEY)."),
]
Key = Annotated[
    str | None, typer.Option("--key", envvar="HEDDLE_API_KEY", help="API key for --stage.", show_envvar=False)
]


def connect(stage: str | None = None, key: str | None = None) -> Client:
    """Return a client for the named stage, or for the local one."""
    if stage:
        token = os.environ.get("HEDDLE_TOKEN")
        if not key and not token:
            fail("no credential for that stage", code=Exit.USAGE, hint="export HEDDLE_API_KEY=hdl_…  (or give --key)")
        return Client(stage, api_key=key, token=None if key else token)
    local = local_stage()
    return Client(local.api_url, api_key=local.api_key, ws_url=local.ws_url)


def local_stage() -> StageFile:
    """Return the local stage's file; ends the program with the next command if there is none."""
    found = StageFile.read(Home.find().stage_file)
    if found is None:
        fail("there is no local stage yet", code=Exit.STAGE, hint=f"{COMMAND} up")
    return found
