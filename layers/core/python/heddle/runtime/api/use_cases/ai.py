"""Prompts, models, conversations, and the money that they cost."""

from functools import cached_property
from typing import TYPE_CHECKING

from heddle.runtime.api.use_cases.runs import RunUseCases

if TYPE_CHECKING:
    from heddle.application.agents.read_conversation import ReadConversation
    from heddle.application.budgets.read_budgets import ReadBudgets
    from heddle.application.budgets.set_budget import SetBudget
    from heddle.application.budgets.stop_ai import StopAi
    from heddle.application.models.configure import ConfigureModels
    from heddle.application.models.describe import DescribeModels
    from heddle.application.prompts.delete_prompt import DeletePrompt
    from heddle.application.prompts.find_prompt import FindPrompt
    from heddle.application.prompts.label_prompt import LabelPrompt
    from heddle.application.prompts.render_prompt import RenderPrompt
    from heddle.application.prompts.save_prompt import SavePrompt
    from heddle.application.usage.advise import Advise
    from heddle.application.usage.forecast import ForecastRun
    from heddle.application.usage.prices import TenantPrices
    from heddle.domain.models.resolve import StageProviders


class AiUseCases(RunUseCases):
    """What is asked of models, and paid for."""

    @cached_property
    def read_conversation(self) -> "ReadConversation":
        """Show what a node asked of models and tools."""
        from heddle.application.agents.read_conversation import ReadConversation

        return ReadConversation(self.ports.events, self.ports.blobs)

    @cached_property
    def save_prompt(self) -> "SavePrompt":
        """Save a version of a prompt, or only check one."""
        from heddle.application.prompts.save_prompt import SavePrompt

        return SavePrompt(self.ports.prompts, self.now, self.monotonic)

    @cached_property
    def find_prompt(self) -> "FindPrompt":
        """Read prompts and their versions."""
        from heddle.application.prompts.find_prompt import FindPrompt

        return FindPrompt(self.ports.prompts)

    @cached_property
    def label_prompt(self) -> "LabelPrompt":
        """Move labels of prompts."""
        from heddle.application.prompts.label_prompt import LabelPrompt

        return LabelPrompt(self.ports.prompts, self.now, self.monotonic)

    @cached_property
    def render_prompt(self) -> "RenderPrompt":
        """Render a prompt. Labels are read each time: who has just moved one wants to see it moved."""
        from heddle.application.prompts.render_prompt import RenderPrompt

        return RenderPrompt(self.ports.prompts, self.now, self.monotonic, label_seconds=0)

    @cached_property
    def delete_prompt(self) -> "DeletePrompt":
        """Delete a prompt."""
        from heddle.application.prompts.delete_prompt import DeletePrompt

        return DeletePrompt(self.ports.prompts, self.now)

    @cached_property
    def set_budget(self) -> "SetBudget":
        """Make, change and delete budgets."""
        from heddle.application.budgets.set_budget import SetBudget

        return SetBudget(self.ports.spend, self.ports.budgets, self.ports.events, self.now)

    @cached_property
    def read_budgets(self) -> "ReadBudgets":
        """Say how budgets stand."""
        from heddle.application.budgets.read_budgets import ReadBudgets

        return ReadBudgets(self.ports.spend, self.now)

    @cached_property
    def stop_ai(self) -> "StopAi":
        """Stop and resume calls to models."""
        from heddle.application.budgets.stop_ai import StopAi

        return StopAi(self.ports.budgets, self.ports.events, self.now)

    @cached_property
    def configure_models(self) -> "ConfigureModels":
        """Change providers, aliases and prices."""
        from heddle.application.models.configure import ConfigureModels
        from heddle.runtime.models import url_checker

        check_url = url_checker(self.settings.allowed_hosts)
        return ConfigureModels(self.ports.model_settings, self._stage_providers, check_url)

    @cached_property
    def describe_models(self) -> "DescribeModels":
        """Say what there is, what it costs, and how many tokens a text has."""
        from heddle.adapters.models.tokenizer import exact_tokens
        from heddle.application.models.breakers import Breakers
        from heddle.application.models.describe import DescribeModels

        breakers = Breakers(self.ports.circuits)
        return DescribeModels(self.ports.model_settings, self._stage_providers, breakers, exact_tokens)

    @property
    def _stage_providers(self) -> "StageProviders":
        import os

        from heddle.runtime.models import stage_providers

        return stage_providers(self.settings.default_provider, os.environ)

    @cached_property
    def forecast_run(self) -> "ForecastRun":
        """Say what a run may cost."""
        from heddle.application.usage.forecast import ForecastRun
        from heddle.application.workflows.check_input import check_input

        ports = self.ports
        return ForecastRun(
            self.find_workflow, ports.plans, ports.runs, self._model_prices.price_model, check_input, self.now
        )

    @cached_property
    def advise(self) -> "Advise":
        """Say what could be done for less."""
        from heddle.application.usage.advise import Advise

        ports = self.ports
        return Advise(ports.ledger, ports.catalog, ports.plans, self._model_prices, self.now)

    @cached_property
    def _model_prices(self) -> "TenantPrices":
        from heddle.application.usage.prices import TenantPrices

        return TenantPrices(self.ports.model_settings, self._stage_providers, self.now)
