"""What the endpoints work with: the use cases over the ports, each built when first used.

Built and imported late: every AWS client costs some 20 to 50 ms of a cold start, and most requests need one or two.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from heddle.runtime.api.ports import ApiSettings, Ports

if TYPE_CHECKING:
    from heddle.application.agents.read_conversation import ReadConversation
    from heddle.application.batches.control_batch import ControlBatch
    from heddle.application.batches.items import Items
    from heddle.application.batches.read_batch import ReadBatch
    from heddle.application.batches.submit_batch import SubmitBatch
    from heddle.application.batches.tell import Tell
    from heddle.application.budgets.allow_held_call import AllowHeldCall
    from heddle.application.budgets.read_budgets import ReadBudgets
    from heddle.application.budgets.set_budget import SetBudget
    from heddle.application.budgets.stop_ai import StopAi
    from heddle.application.content.analyze import AnalyzeContent
    from heddle.application.content.full_analysis import FullAnalysis
    from heddle.application.content.refine import RefineAnalysis
    from heddle.application.documents.add_document import AddDocument
    from heddle.application.documents.delete_document import DeleteDocument
    from heddle.application.documents.reembed import BeginReembed
    from heddle.application.documents.search_documents import SearchDocuments
    from heddle.application.identity.api_keys import CreateApiKey
    from heddle.application.models.configure import ConfigureModels
    from heddle.application.models.describe import DescribeModels
    from heddle.application.plugins.call_plugin import CallPlugin
    from heddle.application.plugins.change_plugin import ChangePlugin
    from heddle.application.plugins.join_analysis import JoinAnalysis
    from heddle.application.plugins.load_plugin import LoadPlugin
    from heddle.application.plugins.upload_plugin import UploadPlugin
    from heddle.application.ports.webhooks import WebhookQueue
    from heddle.application.prompts.delete_prompt import DeletePrompt
    from heddle.application.prompts.find_prompt import FindPrompt
    from heddle.application.prompts.label_prompt import LabelPrompt
    from heddle.application.prompts.render_prompt import RenderPrompt
    from heddle.application.prompts.save_prompt import SavePrompt
    from heddle.application.realtime.change_rules import ChangeRules
    from heddle.application.realtime.history import ReadHistory
    from heddle.application.realtime.people import People
    from heddle.application.runs.cancel_run import CancelRun
    from heddle.application.runs.decide_approval import DecideApproval
    from heddle.application.runs.read_run import ReadRun
    from heddle.application.runs.redrive_tasks import RedriveTasks
    from heddle.application.runs.request_run import RequestRun
    from heddle.application.runs.resume_run import ResumeRun
    from heddle.application.runs.retry_run import RetryRun
    from heddle.application.runs.start_rate import StartRate
    from heddle.application.runs.stop_waiting import StopWaiting
    from heddle.application.streams.follow_run import FollowRun
    from heddle.application.triggers.fire_trigger import FireTrigger
    from heddle.application.triggers.put_events import PutEvents
    from heddle.application.triggers.save_trigger import SaveTrigger
    from heddle.application.usage.advise import Advise
    from heddle.application.usage.forecast import ForecastRun
    from heddle.application.usage.prices import TenantPrices
    from heddle.application.workflows.delete_workflow import DeleteWorkflow
    from heddle.application.workflows.find_workflow import FindWorkflow
    from heddle.application.workflows.save_workflow import SaveWorkflow
    from heddle.domain.models.resolve import StageProviders
    from heddle.runtime.api.wait import WaitForRun


@dataclass(frozen=True)
class Services:
    """The use cases, over the ports."""

    ports: Ports
    settings: ApiSettings
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float]

    @cached_property
    def save_workflow(self) -> "SaveWorkflow":
        """Save a version, or only compile one."""
        from heddle.application.workflows.save_workflow import SaveWorkflow

        return SaveWorkflow(self.ports.catalog, _compile, self.now)

    @cached_property
    def find_workflow(self) -> "FindWorkflow":
        """Read workflows and versions."""
        from heddle.application.workflows.find_workflow import FindWorkflow

        return FindWorkflow(self.ports.catalog)

    @cached_property
    def delete_workflow(self) -> "DeleteWorkflow":
        """Delete a workflow."""
        from heddle.application.workflows.delete_workflow import DeleteWorkflow

        return DeleteWorkflow(self.ports.catalog, self.now)

    @cached_property
    def create_api_key(self) -> "CreateApiKey":
        """Make an API key."""
        from heddle.application.identity.api_keys import CreateApiKey

        return CreateApiKey(self.ports.api_keys, self.now, self.new_id, self.new_secret)

    @cached_property
    def request_run(self) -> "RequestRun":
        """Ask for a run."""
        from heddle.application.runs.request_run import RequestRun
        from heddle.application.workflows.check_input import check_input

        ports = self.ports
        return RequestRun(
            ports.catalog,
            ports.events,
            ports.blobs,
            ports.idempotency,
            ports.queue,
            check_input,
            self.new_id,
            self.now,
            lambda tenant: self._start_rate.allows(tenant),
        )

    @cached_property
    def _start_rate(self) -> "StartRate":
        from heddle.application.runs.start_rate import StartRate

        return StartRate(self.ports.limits, self.ports.rates, self.now)

    @cached_property
    def wait_for_run(self) -> "WaitForRun":
        """Wait for a run to end, carrying it out here if it is inline."""
        from heddle.application.runs.execute_inline import ExecuteInline
        from heddle.runtime.api.wait import WaitForRun

        execute = ExecuteInline(self.ports.step, self.sleep, self.monotonic)
        return WaitForRun(self.ports.events, execute, self.sleep, self.monotonic)

    @cached_property
    def read_conversation(self) -> "ReadConversation":
        """Show what a node asked of models and tools."""
        from heddle.application.agents.read_conversation import ReadConversation

        return ReadConversation(self.ports.events, self.ports.blobs)

    @cached_property
    def read_run(self) -> "ReadRun":
        """Show a run as it is at this moment."""
        from heddle.application.runs.read_run import ReadRun

        return ReadRun(self.ports.events, self.ports.plans)

    # people
    @cached_property
    def people(self) -> "People":
        """Messages, presence, notifications."""
        return self.ports.people

    @cached_property
    def read_history(self) -> "ReadHistory":
        """Read what people wrote."""
        from heddle.application.realtime.history import ReadHistory

        return ReadHistory(self.people.messages)

    @cached_property
    def change_rules(self) -> "ChangeRules":
        """Change rules for what clients send."""
        from heddle.application.realtime.change_rules import ChangeRules

        return ChangeRules(self.ports.rules)

    @cached_property
    def follow_run(self) -> "FollowRun":
        """Follow the live output of a run."""
        from heddle.application.streams.follow_run import FollowRun

        return FollowRun(self.ports.events, self.ports.topics, self.sleep, self.monotonic, self.now)

    @cached_property
    def cancel_run(self) -> "CancelRun":
        """Ask a run to stop."""
        from heddle.application.runs.cancel_run import CancelRun

        return CancelRun(self.ports.run_log, self._stop_waiting, self.now)

    @cached_property
    def resume_run(self) -> "ResumeRun":
        """Let an ended run go on, or an open one whose execution was lost."""
        from heddle.application.runs.resume_run import ResumeRun

        return ResumeRun(self.ports.run_log, self.ports.queue, self.ports.orchestrator, self.now)

    @cached_property
    def retry_run(self) -> "RetryRun":
        """Try a run again."""
        from heddle.application.runs.retry_run import RetryRun

        return RetryRun(self.ports.events, self.ports.blobs, self.resume_run, self.request_run)

    @cached_property
    def redrive_tasks(self) -> "RedriveTasks":
        """Send dead letters again."""
        from heddle.application.runs.redrive_tasks import RedriveTasks

        return RedriveTasks(self.ports.task_letters, self.ports.queue, self.ports.deliveries)

    @cached_property
    def send_webhook(self) -> "WebhookQueue":
        """Take webhooks for tenants' servers."""
        from heddle.application.webhooks.send_webhook import SendWebhook

        return SendWebhook(self.ports.deliveries, self.now)

    @cached_property
    def decide_approval(self) -> "DecideApproval":
        """Decide what a node waits for."""
        from heddle.application.runs.decide_approval import DecideApproval

        ports = self.ports
        return DecideApproval(ports.run_log, ports.blobs, ports.callbacks, ports.waker, self.now, self._allow_held_call)

    @cached_property
    def _allow_held_call(self) -> "AllowHeldCall":
        from heddle.application.budgets.allow_held_call import AllowHeldCall
        from heddle.application.budgets.grant_extra import GrantExtra
        from heddle.runtime.clock import chance

        ports = self.ports
        return AllowHeldCall(GrantExtra(ports.spend, ports.budgets, ports.events, self.now, chance, self.sleep))

    # prompts

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

    # triggers

    @cached_property
    def save_trigger(self) -> "SaveTrigger":
        """Make, change and delete triggers."""
        from heddle.application.triggers.save_trigger import SaveTrigger

        ports = self.ports
        return SaveTrigger(ports.triggers, ports.catalog, ports.schedules, ports.hook_secrets, self.now)

    @cached_property
    def fire_trigger(self) -> "FireTrigger":
        """Fire a trigger by hand."""
        from heddle.application.triggers.fire_trigger import FireTrigger

        return FireTrigger(self.request_run, self.ports.firings, self.now)

    @cached_property
    def put_events(self) -> "PutEvents":
        """Put a tenant's events on the bus."""
        from heddle.application.triggers.put_events import PutEvents

        return PutEvents(self.ports.custom_events, self.now)

    # --- budgets and kill switches

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

    # models

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

    # usage and cost
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

    # analyses

    @cached_property
    def analyze_content(self) -> "AnalyzeContent":
        """Analyse a document at once."""
        from heddle.adapters.content.detect_language import detect_language
        from heddle.adapters.content.read_content import read_content
        from heddle.application.content.analyze import AnalyzeContent
        from heddle.application.content.analyze_bytes import AnalyzeBytes

        return AnalyzeContent(self.ports.blobs, AnalyzeBytes(read_content, self.monotonic, detect_language))

    @cached_property
    def full_analysis(self) -> "FullAnalysis":
        """Analyse a document, let a model refine it, let plugins add to it."""
        from heddle.application.content.full_analysis import FullAnalysis

        return FullAnalysis(self.analyze_content, lambda: self.refine_analysis, lambda: self.join_analysis)

    @cached_property
    def refine_analysis(self) -> "RefineAnalysis":
        """Let a model refine an analysis."""
        from heddle.application.content.refine import RefineAnalysis

        return RefineAnalysis(self.ports.ask_model, self.monotonic)

    # documents

    @cached_property
    def add_document(self) -> "AddDocument":
        """Take documents in."""
        from heddle.application.documents.add_document import AddDocument

        ports = self.ports
        return AddDocument(ports.documents, ports.originals, ports.ingests, self.now, self.new_id)

    @cached_property
    def delete_document(self) -> "DeleteDocument":
        """Delete a document everywhere."""
        from heddle.application.documents.delete_document import DeleteDocument

        return DeleteDocument(self.ports.documents, self.ports.originals, self.ports.events, self.now)

    @cached_property
    def search_documents(self) -> "SearchDocuments":
        """Search by words and by meaning."""
        from heddle.application.documents.search_documents import SearchDocuments

        return SearchDocuments(self.ports.documents, self.ports.embed_texts)

    @cached_property
    def begin_reembed(self) -> "BeginReembed":
        """Make all vectors anew."""
        from heddle.application.documents.reembed import BeginReembed

        ports = self.ports
        return BeginReembed(ports.documents, ports.embed_texts, ports.reembeds, self.now, self.new_id)

    # batches

    @cached_property
    def submit_batch(self) -> "SubmitBatch":
        """Take batches in."""
        from heddle.application.batches.submit_batch import SubmitBatch

        ports = self.ports
        return SubmitBatch(
            ports.batches,
            self._batch_items,
            ports.batch_queue,
            ports.idempotency,
            self._tell_batch,
            self.now,
            self.new_id,
        )

    @cached_property
    def control_batch(self) -> "ControlBatch":
        """Pause, resume, cancel and delete batches."""
        from heddle.application.batches.control_batch import ControlBatch
        from heddle.application.batches.settle import Settle

        ports = self.ports
        settle = Settle(ports.batches)
        return ControlBatch(ports.batches, ports.batch_files, ports.batch_queue, settle, self._tell_batch, self.now)

    @cached_property
    def read_batch(self) -> "ReadBatch":
        """Show batches and their items."""
        from heddle.application.batches.read_batch import ReadBatch

        return ReadBatch(self.ports.batches, self._batch_items, self.ports.batch_files)

    @cached_property
    def _batch_items(self) -> "Items":
        from heddle.application.batches.items import Items

        return Items(self.ports.batch_files)

    @cached_property
    def _tell_batch(self) -> "Tell":
        from heddle.application.batches.settle import Settle
        from heddle.application.batches.tell import Tell

        ports = self.ports
        return Tell(Settle(ports.batches), ports.topics, ports.events, self.send_webhook, self.now)

    # plugins

    @cached_property
    def upload_plugin(self) -> "UploadPlugin":
        """Take plugins in."""
        from heddle.application.plugins.upload_plugin import UploadPlugin

        ports = self.ports
        return UploadPlugin(ports.plugins, ports.plugin_files, self._load_plugin, ports.blobs, self.now)

    @cached_property
    def change_plugin(self) -> "ChangePlugin":
        """Enable, configure, reload and delete plugins."""
        from heddle.application.plugins.change_plugin import ChangePlugin

        return ChangePlugin(self.ports.plugins, self.ports.plugin_files, self._load_plugin, self.now)

    @cached_property
    def call_plugin(self) -> "CallPlugin":
        """Call a plugin."""
        from heddle.application.plugins.call_plugin import CallPlugin

        ports = self.ports
        return CallPlugin(ports.plugins, self._load_plugin, ports.sandbox, ports.plugin_log, self.now, self.new_id)

    @cached_property
    def join_analysis(self) -> "JoinAnalysis":
        """Let plugins add to an analysis."""
        from heddle.application.plugins.join_analysis import JoinAnalysis

        return JoinAnalysis(self.ports.plugin_runner, self.monotonic)

    @cached_property
    def _load_plugin(self) -> "LoadPlugin":
        from heddle.application.plugins.load_plugin import LoadPlugin

        return LoadPlugin(self.ports.plugin_files, self.ports.sandbox, self.ports.plugin_key)

    @property
    def _stop_waiting(self) -> "StopWaiting":
        from heddle.application.runs.stop_waiting import StopWaiting

        return StopWaiting(self.ports.run_log, self.ports.callbacks, self.ports.waker)


def _compile(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    # The compiler brings pydantic and the config models of every node type: only saving and validating pay for it.
    from heddle.runtime.api.compiler import compile_document

    return compile_document(document)
