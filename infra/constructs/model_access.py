"""What a function needs that asks models: their SDKs, the stage's keys, and who answers by default."""

from aws_cdk import SecretValue

from infra.stages import Stage

# A model function imports one SDK when it starts; a chain may lead from it to providers of the others, which are then
# imported where they are needed.
MODEL_LAYERS = ("core", "base", "models", "tokens")

# The variables of a function that hold the stage's keys, by kind of provider.
PROVIDER_KEYS = {
    "openai": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "azure-openai": "AZURE_OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
}


def provider_environment(stage: Stage) -> dict[str, str]:
    """Return who answers by default. Not a secret, and told to the API too: it lists the providers of the stage."""
    azure = {"AZURE_OPENAI_ENDPOINT": stage.azure_endpoint} if stage.azure_endpoint else {}
    return {"DEFAULT_PROVIDER": stage.default_provider, **azure}


def provider_keys(stage: Stage) -> dict[str, str]:
    """Return the variables with the stage's keys of providers.

    Resolved by CloudFormation at deploy: the template holds the secrets' names only. Not below the prefix of the
    tenants' secrets, where a tenant of the right name could read them.
    """
    return {
        variable: SecretValue.secrets_manager(f"heddle-{stage.name}/providers/{provider}").unsafe_unwrap()
        for provider, variable in PROVIDER_KEYS.items()
        if provider in stage.providers
    }
