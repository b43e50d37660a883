"""The templates, whole: a change of infrastructure shows in review as a change of these files.

pytest tests/infra/test_templates.py --snapshot-update
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.infra.conftest import Synthesised

ASSET = re.compile(r"[0-9a-f]{64}")


@pytest.mark.parametrize("stack", ["Data", "Engine", "Api", "Events"])
def test_the_template_is_the_one_that_was_reviewed(stage: Synthesised, stack: str, snapshot: SnapshotAssertion) -> None:
    template = _masked(stage.templates[stack])

    assert template == snapshot(extension_class=JSONSnapshotExtension)


@pytest.mark.parametrize("stack", ["Network", "Databases"])
def test_the_template_of_the_cloud_is_the_one_that_was_reviewed(
    synthesise: Callable[[str], Synthesised], stack: str, snapshot: SnapshotAssertion
) -> None:
    template = _masked(synthesise("prod").templates[stack])

    assert template == snapshot(extension_class=JSONSnapshotExtension)


def _masked(template: dict[str, Any]) -> Any:
    return json.loads(re.sub(r"empty-\w+", "asset", ASSET.sub("asset", json.dumps(template))))
