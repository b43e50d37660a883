"""What the endpoints work with: the use cases over the ports, each built when first used."""

from heddle.runtime.api.use_cases.ai import AiUseCases
from heddle.runtime.api.use_cases.content import ContentUseCases
from heddle.runtime.api.use_cases.triggers import TriggerUseCases


class Services(TriggerUseCases, AiUseCases, ContentUseCases):
    """All use cases of the API."""
