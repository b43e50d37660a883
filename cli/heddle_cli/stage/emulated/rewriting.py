"""Changing one function of an installed package at start, without touching its files, and noticing when it changed.

A patch names the text it expects. If the text is not there exactly as often as expected, the package is not the version
that the patch was written for, and the error says which patch broke: nothing runs half patched.
"""

import inspect
import textwrap
from types import ModuleType
from typing import Any


class PatchBroke(Exception):
    """The package does not look as the patch expects."""


def expect(patch: str, holds: bool, what: str) -> None:
    """Raise PatchBroke, naming the patch, unless `holds`."""
    if not holds:
        raise PatchBroke(f"patch {patch!r} does not fit this version of the emulator: {what}")


def rewrite(module: ModuleType, function: str, replacements: dict[str, str], *, patch: str) -> None:
    """Replace texts, each found exactly once, in the source of `module.function`, and put the result in its place."""
    original: Any = getattr(module, function, None)
    expect(patch, inspect.isfunction(original), f"{module.__name__}.{function} is gone")
    source = textwrap.dedent(inspect.getsource(original))
    for old, new in replacements.items():
        count = source.count(old)
        expect(patch, count == 1, f"{module.__name__}.{function} holds {old!r} {count} times instead of once")
        source = source.replace(old, new)
    file = inspect.getsourcefile(original) or module.__name__
    exec(compile(source, f"{file} ({patch})", "exec"), module.__dict__)
    getattr(module, function).__heddle_patch__ = patch
