"""The `heddle` command: its parts, and how errors become one sentence and an exit code."""

import sys

import typer

from heddle_cli.commands import (
    analyses,
    batches,
    budgets,
    conversations,
    dead_letters,
    doctor,
    documents,
    identity,
    limits,
    logs,
    models,
    operations,
    plugins,
    prompts,
    rules,
    runs,
    stage,
    triggers,
    usage,
    webhooks,
    workflows,
)
from heddle_cli.console import Exit, fail
from heddle_cli.names import COMMAND

app = typer.Typer(
    name="heddle",
    help="Define, run and watch AI workflows: on this machine, or on a stage in AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
PANELS = {
    "Local stage": (stage, doctor),
    "Run": (workflows, runs, conversations, triggers, rules, webhooks, dead_letters),
    "Documents": (documents, analyses, batches, plugins),
    "Models and prompts": (models, prompts),
    "Money": (budgets, usage),
    "Look inside": (logs, operations, limits, identity),
}
"""The parts, in the order and under the names by which `heddle --help` lists their commands."""

for panel, parts in PANELS.items():
    commands, groups = len(app.registered_commands), len(app.registered_groups)
    for part in parts:
        part.register(app)
    for command in app.registered_commands[commands:]:
        command.rich_help_panel = panel
    for group in app.registered_groups[groups:]:
        group.rich_help_panel = panel


def main() -> None:
    """Run the command line; every deliberate error ends it with a sentence and the exit code of its kind."""
    from heddle_cli.stage.deploy import DeployFailed
    from heddle_cli.stage.emulator import InstallFailed
    from heddle_cli.stage.lifecycle import StageError
    from heddle_cli.stage.seed import SeedFailed
    from heddle_sdk.errors import ApiError, ConnectionFailed, HeddleError, WaitTimedOut

    try:
        app(prog_name=COMMAND)
    except (StageError, DeployFailed) as error:
        fail(str(error), code=Exit.STAGE, log=error.log, hint=getattr(error, "hint", f"{COMMAND} doctor"))
    except (InstallFailed, SeedFailed, PermissionError) as error:
        fail(str(error), code=Exit.STAGE)
    except ConnectionFailed as error:
        fail(str(error), code=Exit.STAGE, hint=f"{COMMAND} up")
    except WaitTimedOut as error:
        fail(str(error), code=Exit.TIMEOUT, hint=f"{COMMAND} tail {error.run_id}")
    except ApiError as error:
        fail(str(error), code=Exit.REFUSED, api=error)
    except (HeddleError, FileNotFoundError, ValueError) as error:
        fail(str(error), code=Exit.FAILED)
    except KeyboardInterrupt:
        sys.exit(Exit.INTERRUPTED)
