"""Workflows, their runs and what these wait for; keys for programs."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from heddle.runtime.api.use_cases.base import UseCases

if TYPE_CHECKING:
    from heddle.application.budgets.allow_held_call import AllowHeldCall
    from heddle.application.identity.api_keys import CreateApiKey
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
    from heddle.application.workflows.delete_workflow import DeleteWorkflow
    from heddle.application.workflows.find_workflow import FindWorkflow
    from heddle.application.workflows.save_workflow import SaveWorkflow
    from heddle.runtime.api.wait import WaitForRun


class RunUseCases(UseCases):
    """Saving and starting workflows, and all that is done to a run."""

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
    def read_run(self) -> "ReadRun":
        """Show a run as it is at this moment."""
        from heddle.application.runs.read_run import ReadRun

        return ReadRun(self.ports.events, self.ports.plans)

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

    @property
    def _stop_waiting(self) -> "StopWaiting":
        from heddle.application.runs.stop_waiting import StopWaiting

        return StopWaiting(self.ports.run_log, self.ports.callbacks, self.ports.waker)


def _compile(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    # The compiler brings pydantic and the config models of every node type: only saving and validating pay for it.
    from heddle.runtime.api.compiler import compile_document

    return compile_document(document)
