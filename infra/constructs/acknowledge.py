"""Accepting a finding of cdk-nag on one resource, with the true reason, where the resource is made."""

from typing import Any

from aws_cdk import Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, findings: dict[str, str]) -> None:
    """Accept findings (id → reason) on a construct and what it contains.

    `acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "X-Ray has no resources to name"})`. The metadata is written
    as `Validations.acknowledge` would write it; that method refuses the many ids which contain `::` themselves.
    """
    key: Any = Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    for finding, reason in findings.items():
        construct.node.add_metadata(str(key), {finding: reason})


def wildcard_in(resource: Any, *, stack: Stack) -> str:
    """Return the id of the finding about a wildcard in a policy's resource, written as cdk-nag writes it."""
    return f"AwsSolutions-IAM5[Resource::{_flat(stack.resolve(resource))}]"


def _flat(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    if function == "Fn::Join":
        separator, parts = argument
        return str(separator).join(_flat(part) for part in parts)
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Ref":
        return f"<{argument}>"
    return _flat(argument)


def value_for(consumer: IConstruct, owner: IConstruct, value: str) -> str:
    """Return a value of `owner` as the consumer's stack sees it: imported, if it is of another stack.

    CDK would import it by itself, but only at the end of synthesis; the id of a finding needs the name now.
    """
    there, here = Stack.of(owner), Stack.of(consumer)
    return value if there.stack_name == here.stack_name else there.export_value(value)
