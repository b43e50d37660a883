"""No queue without dead letters, no dead letters without somebody who is woken and a way back."""

from typing import Any

import pytest

from heddle_cli.local_aws import DEAD_LETTERS, Source
from tests.infra.conftest import Synthesised

Queue = tuple[str, str]


def queues(stage: Synthesised) -> dict[Queue, dict[str, Any]]:
    return {(stack, name): queue["Properties"] for stack, name, queue in stage.resources("AWS::SQS::Queue")}


def named(stage: Synthesised, output: str) -> Queue:
    """Return the queue whose URL an output has."""
    (found,) = [
        (stack, template["Outputs"][output]["Value"]["Ref"])
        for stack, template in stage.templates.items()
        if output in template.get("Outputs", {})
    ]
    return found


def allowed(stage: Synthesised, folder: str, action: str) -> set[Queue]:
    """Return the queues that the function of a folder may do this to."""
    ((stack, function),) = [
        (stack, function["Properties"])
        for stack, _, function in stage.resources("AWS::Lambda::Function")
        if function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder
    ]
    role = {"Ref": function["Role"]["Fn::GetAtt"][0]}
    found: set[Queue] = set()
    for other, _, policy in stage.resources("AWS::IAM::Policy"):
        if other == stack and role in policy["Properties"].get("Roles", ()):
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                if action in _listed(statement["Action"]):
                    owners = [stage.owner(stack, value) for value in _listed(statement["Resource"]) if value != "*"]
                    found |= {owner for owner in owners if owner is not None}
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def handled(stage: Synthesised) -> set[Queue | None]:
    """Return the queues that a function empties by itself."""
    mappings = stage.resources("AWS::Lambda::EventSourceMapping")
    return {stage.owner(stack, mapping["Properties"]["EventSourceArn"]) for stack, _, mapping in mappings}


def test_a_queue_is_emptied_by_a_function_and_has_dead_letters_or_a_person_can_redrive_it(stage: Synthesised) -> None:
    redriven = {named(stage, source.letters) for source in DEAD_LETTERS.values()}

    for queue, properties in queues(stage).items():
        if queue in handled(stage):
            assert "RedrivePolicy" in properties, f"{queue} has no dead letters"
        else:
            assert queue in redriven, f"nobody reads {queue}, and `heddle redrive` does not know it"


def test_dead_letters_of_a_queue_with_order_have_an_order_too(stage: Synthesised) -> None:
    for (stack, name), queue in queues(stage).items():
        if "RedrivePolicy" in queue:
            dead = stage.owned(stack, queue["RedrivePolicy"]["deadLetterTargetArn"])
            assert dead is not None and dead["Properties"].get("FifoQueue") == queue.get("FifoQueue"), name


@pytest.mark.parametrize("source", DEAD_LETTERS.values(), ids=DEAD_LETTERS)
def test_whoever_redrives_may_take_out_the_letters_and_put_them_where_they_came_from(
    stage: Synthesised, source: Source
) -> None:
    letters = named(stage, source.letters)
    takes, puts = (allowed(stage, source.function, f"sqs:{verb}Message") for verb in ("Receive", "Send"))

    assert letters in takes
    if source.target is not None:
        target = named(stage, source.target)
        assert target in puts
        stack, name = target
        policy = queues(stage)[target].get("RedrivePolicy")
        assert policy is not None and stage.owner(stack, policy["deadLetterTargetArn"]) == letters, name
