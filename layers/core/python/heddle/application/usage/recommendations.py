"""Advice on what to change, from what was used: each with what it saves, how sure, how much work, and its figures.

    ModelSubstitution       a dear model writes little; a cheaper one of the same provider could do it
    RequestBatching         one node of one run asks many tiny questions, each with the same instructions
    ParameterOptimization   answers are far shorter than `max_tokens`, which is what budgets reserve
    UsagePattern            an hour of the day, or some days, stand far out of the rest
    ProviderSwitching       another provider has the same model cheaper, or this one fails often

Pure: rows and lines come in, advice goes out. What is normal gives none; the thresholds have names where they are used.
"""

from heddle.application.usage.advice_on_calls import batches, dear_days, hours_of_the_day, parameters
from heddle.application.usage.advice_on_models import substitutions, switches
from heddle.application.usage.observed import Observed, Recommendation

RULES = (substitutions, batches, parameters, hours_of_the_day, dear_days, switches)


def recommend(seen: Observed) -> list[Recommendation]:
    """Return all advice, what saves most first."""
    found = [advice for rule in RULES for advice in rule(seen)]
    return sorted(found, key=lambda each: (-each.saving, each.kind, each.about))
