"""What CloudFormation itself would refuse, found without an account."""

import re
import subprocess
import sys
from typing import Any

from tests.infra.conftest import Synthesised

# W3005: CDK writes DependsOn where a reference already says so.
# E3601: knows neither placeholders nor JSONata in numbers; test_state_machine has two validators that do.
IGNORED = ["W3005", "E3601"]


def test_cloudformation_has_nothing_to_object_to(stage: Synthesised) -> None:
    templates = [str(path) for path in sorted(stage.folder.glob("*.template.json"))]

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import cfnlint.runner.cli as c; c.main()",
            "--ignore-checks",
            *IGNORED,
            "--format",
            "parseable",
            "--",
            *templates,
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout + done.stderr == ""


def test_every_placeholder_of_a_state_machine_is_substituted(stage: Synthesised) -> None:
    for _, name, machine in stage.resources("AWS::StepFunctions::StateMachine"):
        properties: dict[str, Any] = machine["Properties"]
        definition = properties["DefinitionString"]
        given = set(properties["DefinitionSubstitutions"])

        wanted = set(re.findall(r"\$\{(\w+)}", str(definition)))

        assert wanted == given, name
