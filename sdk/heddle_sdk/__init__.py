"""Heddle from Python: `Client` talks to a stage, `WorkflowBuilder` makes definitions."""

from heddle_sdk.builder import Cache, ForEach, NodeRef, Retry, Rule, WorkflowBuilder
from heddle_sdk.client import Client
from heddle_sdk.errors import ApiError, HeddleError, RunNotSucceeded

__all__ = [
    "ApiError",
    "Cache",
    "Client",
    "ForEach",
    "HeddleError",
    "NodeRef",
    "Retry",
    "Rule",
    "RunNotSucceeded",
    "WorkflowBuilder",
]
