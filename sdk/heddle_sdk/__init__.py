"""Heddle from Python: `Client` talks to a stage, `WorkflowBuilder` makes definitions."""

from heddle_sdk.client import Client
from heddle_sdk.errors import ApiError, HeddleError, RunNotSucceeded

__all__ = ["ApiError", "Client", "HeddleError", "RunNotSucceeded"]
