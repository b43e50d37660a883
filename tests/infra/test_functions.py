"""Each function finds in its layers what it imports, and in its environment what its settings need."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from infra.layers import RUNTIME_PROVIDED, package_names, requirements
from tests.handlers import FOLDERS, imported
from tests.infra.conftest import Synthesised

# Imported where they are installed, done without where they are not: by botocore, by minijinja, and by the asynchronous
# halves of the SDKs of OpenAI and Anthropic.
OPTIONAL = {"certifi", "markupsafe"} | {
    "aiohappyeyeballs",
    "aiohttp",
    "aiosignal",
    "attrs",
    "frozenlist",
    "multidict",
    "propcache",
    "yarl",
}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_is_told_what_its_settings_need(folder: str, synthesise: Callable[[str], Synthesised]) -> None:
    told = _functions(synthesise("prod"))[folder][1]

    assert imported(folder).required - told == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_function_imports_only_what_its_layers_bring(folder: str, synthesise: Callable[[str], Synthesised]) -> None:
    layers = _functions(synthesise("prod"))[folder][0] - {"core"}
    brought = RUNTIME_PROVIDED.union(*(package_names(requirements(layer)) for layer in layers))
    known = _distributions()

    needed = {
        name.lower().replace("_", "-"): module
        for module in {m.partition(".")[0] for m in imported(folder).modules}
        for name in known.get(module, [])[:1]
    }

    assert {name: module for name, module in needed.items() if name not in brought | OPTIONAL} == {}


@cache
def _distributions() -> dict[str, list[str]]:
    return {module: sorted(names) for module, names in packages_distributions().items()}


@cache
def _functions(stage: Synthesised) -> dict[str, tuple[set[str], set[str]]]:
    found = {}
    for stack, _, function in stage.resources("AWS::Lambda::Function"):
        resources = stage.templates[stack]["Resources"]
        layers = {
            resources[layer["Ref"]]["Properties"]["Description"].split()[1].rstrip(",")
            for layer in function["Properties"]["Layers"]
        }
        variables = function["Properties"]["Environment"]["Variables"]
        found[variables["POWERTOOLS_SERVICE_NAME"]] = (layers, set(variables))
    return found
