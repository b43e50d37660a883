"""The bench that models are asked on."""

import pytest

from tests.support.asking import Asking


@pytest.fixture
def asking() -> Asking:
    return Asking()
