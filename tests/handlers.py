"""What importing a function's handler brings with it, found out in a fresh interpreter."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FUNCTIONS = ROOT / "functions"
FOLDERS = sorted(str(path.parent.relative_to(FUNCTIONS)) for path in FUNCTIONS.glob("*/*/handler.py"))

_PROBE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("handler", sys.argv[1])
handler = importlib.util.module_from_spec(spec)
sys.modules["handler"] = handler
spec.loader.exec_module(handler)
modules = sorted(sys.modules)
from dataclasses import MISSING, fields
from heddle.runtime.settings import Settings
required, known = set(), set()
for thing in vars(handler).values():
    if isinstance(thing, type) and issubclass(thing, Settings):
        for field in fields(thing):
            known.add(field.name.upper())
            # Imported settings are bases of the function's own: what counts is what it loads itself.
            if thing.__module__ == "handler" and field.default is MISSING and field.default_factory is MISSING:
                required.add(field.name.upper())
print(json.dumps({"modules": modules, "required": sorted(required), "known": sorted(known)}))
"""


@dataclass(frozen=True)
class Imported:
    """The modules that came in, and the environment variables that the handler's settings need and know."""

    modules: frozenset[str]
    required: frozenset[str]
    known: frozenset[str]


@cache
def imported(folder: str) -> Imported:
    """Import `functions/{folder}/handler.py` as Lambda does and say what came with it."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "layers" / "core" / "python"),
        "AWS_DEFAULT_REGION": "eu-west-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, str(FUNCTIONS / folder / "handler.py")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"functions/{folder} cannot be imported:\n{done.stderr}"
    found = json.loads(done.stdout.splitlines()[-1])
    return Imported(*(frozenset(found[key]) for key in ("modules", "required", "known")))
