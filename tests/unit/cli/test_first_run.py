"""What `heddle up` starts ahead of its first call is there to be started."""

from heddle_cli.stage.home import project_root
from heddle_cli.stage.lifecycle import FIRST_RUN


def test_every_function_that_is_started_ahead_exists() -> None:
    functions = project_root() / "functions"

    assert {folder for folder in FIRST_RUN if not (functions / folder / "handler.py").is_file()} == set()
