"""Which model providers this machine's environment offers to the local stage."""

import hashlib
import json
from collections.abc import Mapping

DEFAULTS: Mapping[str, str] = {
    "OPENAI_API_KEY": "openai",
    "ANTHROPIC_API_KEY": "anthropic",
    "GEMINI_API_KEY": "gemini",
    "AZURE_OPENAI_API_KEY": "azure-openai",
    "AWS_BEARER_TOKEN_BEDROCK": "bedrock",
    "OLLAMA_BASE_URL": "ollama",
}
"""What in the environment makes which provider the stage's default, the first that is there."""

VARIABLES = (
    *DEFAULTS,
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_MODEL",
    "GEMINI_BASE_URL",
    "GEMINI_MODEL",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_MODEL",
    "AZURE_OPENAI_API_VERSION",
    "OLLAMA_MODEL",
    "BEDROCK_MODEL_ID",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
)
"""What functions of the local stage may see of it."""


def default_provider(environment: Mapping[str, str]) -> str:
    """Return who answers on this machine: whom HEDDLE_DEFAULT_PROVIDER names, else whose key or address is there."""
    if chosen := environment.get("HEDDLE_DEFAULT_PROVIDER"):
        return chosen
    return next((provider for name, provider in DEFAULTS.items() if environment.get(name)), "extractive")


def why(environment: Mapping[str, str]) -> str:
    """Say in a few words why this provider answers."""
    if environment.get("HEDDLE_DEFAULT_PROVIDER"):
        return "HEDDLE_DEFAULT_PROVIDER says so"
    found = next((name for name in DEFAULTS if environment.get(name)), None)
    if found is None:
        return f"no model: none of {', '.join(DEFAULTS)} is set"
    return f"{found} is set; HEDDLE_DEFAULT_PROVIDER=extractive asks no model"


def seen_by_functions(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what functions see of the environment.

    With a Bedrock API key Bedrock itself is asked, in the region of the environment; everything else of AWS stays the
    emulator, whose own answers for Bedrock are made up.
    """
    seen = {name: environment[name] for name in VARIABLES if environment.get(name)}
    if "AWS_BEARER_TOKEN_BEDROCK" in seen:
        region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or "us-east-1"
        seen.setdefault("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", f"https://bedrock-runtime.{region}.amazonaws.com")
    return seen


def fingerprint(environment: Mapping[str, str]) -> str:
    """Return a hash of what functions would see, so that a stage started with other values is noticed."""
    seen = json.dumps(seen_by_functions(environment), sort_keys=True)
    return hashlib.sha256(seen.encode()).hexdigest()[:16]
