"""The state machines of a run, worked out from the one strand in state_machines/run.asl.json.

`definition("standard")` and `definition("express")` give the whole machine: the strand, and in its Fork the same
strand again, level by level. A strand that would fork below the deepest level asks for a child execution instead
(Standard), or was not allowed into this mode by the compiler (Express).

    level 0   Advance   Route   RunTask   …   Fork ──► Map of
    level 1                                   Advance1  Route1  RunTask1  …  Fork1 ──► Map of
    level 2                                                                  Advance2  …
"""

import copy
import json
from pathlib import Path
from typing import Any, Literal

Variant = Literal["standard", "express"]

SOURCE = Path(__file__).parents[1] / "state_machines" / "run.asl.json"

FORK_LEVELS = 3
"""How many forks may nest within one execution: at least the engine's `inline_levels`, and a test says so."""

PLACEHOLDERS = ("Partition", "AdvanceFunctionArn", "CallbacksFunctionArn")
"""What the stack substitutes."""

# Express executions cannot wait for a task token or for another execution, and their history has no limit.
_STANDARD_ONLY = frozenset({"AwaitCallback", "RunChild", "Continue"})
# One strand of several cannot end the execution for the others: the engine asks for a child there.
_OUTERMOST_ONLY = frozenset({"Continue"})
_EXPRESS_TIMEOUT_SECONDS = 300

State = dict[str, Any]


def definition(variant: Variant) -> dict[str, Any]:
    """Return the machine as JSON, with the `${…}` of `PLACEHOLDERS` still in it."""
    source = json.loads(SOURCE.read_text(encoding="utf-8"))
    without = _STANDARD_ONLY if variant == "express" else frozenset()
    machine = {**source, "States": _strand(source["States"], level=0, without=without)}
    machine["Comment"] = f"A run, {variant}. Derived from state_machines/run.asl.json."
    if variant == "express":
        machine["TimeoutSeconds"] = _EXPRESS_TIMEOUT_SECONDS
    return machine


def _strand(source: dict[str, State], *, level: int, without: frozenset[str]) -> dict[str, State]:
    """Return the states of the strand at one level, with all levels below it inside its Fork."""
    left_out = set(without)
    if level > 0:
        left_out |= _OUTERMOST_ONLY
    if level == FORK_LEVELS:
        left_out.add("Fork")
    states = {name: copy.deepcopy(state) for name, state in source.items() if name not in left_out}
    states["Route"]["Choices"] = [rule for rule in states["Route"]["Choices"] if rule["Next"] not in left_out]
    if "Fork" in states:
        inner = _strand(source, level=level + 1, without=without)
        states["Fork"]["ItemProcessor"] = {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": _named("Route", level + 1),
            "States": inner,
        }
    if level > 0:
        states = {name: _inner(state) for name, state in states.items()}
    return {_named(name, level): _redirected(state, level) for name, state in states.items()}


def _inner(state: State) -> State:
    """Return a state as it is below the first level.

    A failing strand would make its Map abort the others, so it ends instead: the engine finds its unfinished nodes at
    the join. And `functions` is the outermost level's: an inner one reads it and may not assign it.
    """
    if state["Type"] == "Fail":
        return {"Type": "Succeed"}
    state.pop("Assign", None)
    for catcher in state.get("Catch", []):
        catcher.pop("Assign", None)
    return state


def _redirected(state: State, level: int) -> State:
    """Return the state with every `Next` (and `Default`) naming the states of this level."""
    for part in (state, *state.get("Catch", []), *state.get("Choices", [])):
        for field in ("Next", "Default"):
            if field in part:
                part[field] = _named(part[field], level)
    return state


def _named(name: str, level: int) -> str:
    """Name a state of a level: names are unique within the whole machine."""
    return name if level == 0 else f"{name}{level}"
