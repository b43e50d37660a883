"""The answers of the API as pydantic models: what the OpenAPI document promises, and what tests hold answers to.

Never imported while a request is answered (the OpenAPI document excepted): answers are plain dictionaries.
"""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from heddle.runtime.api.answer import Answer as Answer
from heddle.runtime.api.model_answers import MODEL_ANSWERS
from heddle.runtime.api.usage_answers import USAGE_ANSWERS


class FieldError(Answer):
    """A wrong field or parameter, and what it must be."""

    field: str
    message: str


class WorkflowProblem(Answer):
    """A validation rule that a definition breaks."""

    code: str = Field(examples=["WF_CYCLE_DETECTED"])
    message: str
    path: str = Field(description="Where in the document, for example nodes[2].config.template.")
    nodes: list[str]


class ProblemAnswer(Answer):
    """An error, as RFC 9457 has it; `code` is stable, and docs/reference/errors.md lists all of them."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    correlation_id: str
    errors: list[FieldError | WorkflowProblem | dict[str, Any]] | None = None


class TokensAnswer(Answer):
    """Tokens; `refresh_token` replaces the one before."""

    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int
    token_type: str


class MeAnswer(Answer):
    """The caller."""

    tenant: str
    principal: str
    name: str
    roles: list[str]
    scopes: list[str]
    expires_at: int | None


class ApiKeyAnswer(Answer):
    """An API key without its secret."""

    id: str
    name: str
    role: str
    scopes: list[str]
    created_at: str
    created_by: str
    expires_at: str | None
    revoked_at: str | None


class NewApiKeyAnswer(ApiKeyAnswer):
    """A new API key: `key` is shown here and never again."""

    key: str


class ApiKeyPage(Answer):
    """API keys, newest first."""

    items: list[ApiKeyAnswer]
    cursor: str | None


class WorkflowAnswer(Answer):
    """A workflow as lists show it."""

    id: str
    name: str
    description: str
    version: int
    labels: dict[str, str]
    created_at: str
    updated_at: str
    updated_by: str


class PlanAnswer(Answer):
    """What the compiler made of a definition."""

    mode: Literal["inline", "express", "standard"]
    modes: list[str]
    reason: str
    nodes: int
    order: list[str]
    series_parallel: bool


class WholeWorkflowAnswer(WorkflowAnswer):
    """A workflow with its newest definition."""

    document: dict[str, Any]
    plan: PlanAnswer


class WorkflowPage(Answer):
    """Workflows, newest change first."""

    items: list[WorkflowAnswer]
    cursor: str | None


class VersionAnswer(Answer):
    """A version as lists show it."""

    workflow_id: str
    version: int
    created_at: str
    created_by: str
    note: str


class WholeVersionAnswer(VersionAnswer):
    """A version with its definition."""

    document: dict[str, Any]
    plan: PlanAnswer


class VersionPage(Answer):
    """Versions, newest first."""

    items: list[VersionAnswer]
    cursor: str | None


class ValidationAnswer(Answer):
    """What is wrong with a definition, or how it would run."""

    valid: bool
    problems: list[WorkflowProblem]
    plan: PlanAnswer | None


class RequestedRunAnswer(Answer):
    """A run that was asked for, how it will run, and why so."""

    run_id: str
    status: str
    mode: str
    reason: str
    workflow_id: str | None = None
    created: bool | None = Field(default=None, description="False where the Idempotency-Key named an earlier run.")


class RunStatusAnswer(Answer):
    """A run and its status after what was asked for."""

    run_id: str
    status: str


class ProgressAnswer(Answer):
    """How many nodes there are and how many are settled."""

    total: int
    done: int
    failed: int


class RunAnswer(Answer):
    """A run as lists show it. `cost_usd` is what its models cost, `infrastructure_usd` the rest; decimal text."""

    id: str
    workflow_id: str
    workflow_version: int
    status: str
    mode: str | None
    reason: str | None
    requested_at: str
    started_at: str | None
    ended_at: str | None
    duration_ms: float | int | None
    cost_usd: str
    infrastructure_usd: str
    labels: dict[str, str]
    principal: str
    trigger: str
    error: dict[str, Any] | None
    progress: ProgressAnswer
    correlation_id: str


class NodeAnswer(Answer):
    """A node of a run. `output` is JSON, or {"$ref": {key, sha256, bytes}} if it is longer than 32 KiB."""

    node_id: str
    status: str
    attempt: int
    scheduled_at: str | None
    started_at: str | None
    finished_at: str | None
    duration_ms: float | int | None
    output: Any
    error: dict[str, Any] | None
    usage: dict[str, Any]
    items_total: int | None
    items_done: int
    skipped_reason: str | None
    cached: bool


class RunCostAnswer(Answer):
    """What a run cost, as decimal text: models, infrastructure at list prices, both. `measured` is what was counted."""

    models_usd: str
    infrastructure_usd: str
    total_usd: str
    by_service_usd: dict[str, str]
    measured: dict[str, int]
    prices_from: str = Field(description="The day from which the list prices hold.")


class WholeRunAnswer(RunAnswer):
    """A run with its input, output and nodes. Long values are {"$ref": …}: see GET /runs/{run_id}/payload."""

    input: Any
    output: Any
    nodes: list[NodeAnswer]
    events_version: int
    cost: RunCostAnswer


class RunPage(Answer):
    """Runs, newest first."""

    items: list[RunAnswer]
    cursor: str | None


class WorkflowStatusAnswer(Answer):
    """The latest runs of a workflow, and how many of the latest hundred are in which status."""

    workflow_id: str
    version: int
    counts: dict[str, int]
    counted: int
    runs: list[RunAnswer]


class EventAnswer(Answer):
    """A fact of a run's history."""

    model_config = ConfigDict(extra="allow")

    id: str
    version: int
    type: str
    schema_version: int
    data: dict[str, Any]
    metadata: dict[str, Any]
    occurred_at: str


class EventPage(Answer):
    """Events, oldest first; `next_after` goes into `after` for the next page."""

    items: list[EventAnswer]
    next_after: int
    more: bool


class FrameAnswer(Answer):
    """A piece of live output; `seq` counts from 1 without gaps. `data` has `node_id`, `attempt`, and `item` if any."""

    seq: int
    type: str = Field(description="token, tool, restart, gap, done or error")
    data: dict[str, Any]
    at: str


class StreamPage(Answer):
    """Live output, oldest first; `next_after` goes into `after`. `ended`: nothing will come after these."""

    items: list[FrameAnswer]
    next_after: int
    ended: bool
    hint: str | None


class ApprovalAnswer(Answer):
    """Something that waits for a decision."""

    id: str
    run_id: str
    node_id: str
    attempt: int
    created_at: str
    expires_at: str | None
    message: Any
    details: Any
    approvers: Any
    default: Any


class ApprovalPage(Answer):
    """What waits, oldest first."""

    items: list[ApprovalAnswer]
    cursor: str | None


class DecisionAnswer(Answer):
    """A decision as it was recorded."""

    id: str
    run_id: str
    node_id: str
    decision: str
    comment: str
    by: str
    at: str


class NodeTypeAnswer(Answer):
    """A node type and the JSON Schema of its config."""

    name: str
    category: str
    summary: str
    host: str
    effects: str
    timeout: float | int
    config_schema: dict[str, Any]
    output_schema: dict[str, Any]
    secret_fields: list[str]
    deferred: dict[str, list[str]]


class NodeTypePage(Answer):
    """All node types."""

    items: list[NodeTypeAnswer]
    cursor: None


class UploadAnswer(Answer):
    """Where to PUT the file, with which headers; `object` names it in a run's input afterwards."""

    object: str
    method: Literal["PUT"]
    url: str
    headers: dict[str, str]
    expires_at: str


class HealthAnswer(Answer):
    """Whether the API answers."""

    status: Literal["healthy", "degraded", "unhealthy"]
    timestamp: str
    uptime_seconds: float
    version: str
    stage: str


class CheckAnswer(Answer):
    """One dependency; `error` is the class of what it answered, never its text."""

    status: Literal["healthy", "degraded", "unhealthy"]
    latency_ms: float
    error: str | None = None


class DetailedHealthAnswer(HealthAnswer):
    """Everything the API depends on."""

    checks: dict[str, CheckAnswer]


class InfoAnswer(Answer):
    """What this is."""

    name: str
    version: str
    stage: str
    provider: str
    documentation: str
    openapi: str


# prompts


class PromptLabelAnswer(Answer):
    """Where a label points, since when and by whom."""

    version: int
    at: str
    by: str


class PromptAnswer(Answer):
    """A prompt as lists show it; `version` is the newest."""

    name: str
    version: int
    description: str
    tags: list[str]
    labels: dict[str, PromptLabelAnswer]
    built_in: bool
    created_at: str
    updated_at: str
    updated_by: str


class PromptPage(Answer):
    """Prompts, newest change first."""

    items: list[PromptAnswer]
    cursor: str | None


class PromptVersionAnswer(Answer):
    """A version of a prompt; the same `content_hash` is the same content."""

    prompt: str
    version: int
    syntax: str
    output_format: str
    content_hash: str
    created_at: str
    created_by: str
    note: str


class PromptVersionPage(Answer):
    """Versions, newest first."""

    items: list[PromptVersionAnswer]
    cursor: str | None


class WholePromptVersionAnswer(PromptVersionAnswer):
    """A version with its texts. `templates` are the texts as they are rendered: in Jinja."""

    content: dict[str, str]
    templates: dict[str, str]
    variables: dict[str, Any]
    includes: list[str]
    tests: list[dict[str, Any]]


class WholePromptAnswer(PromptAnswer):
    """A prompt with its newest version."""

    newest: WholePromptVersionAnswer


class PromptProblemAnswer(Answer):
    """A rule that a prompt breaks, and where."""

    code: str = Field(examples=["PROMPT_UNDECLARED_VARIABLE"])
    message: str
    path: str
    line: int | None
    column: int | None


class PromptValidationAnswer(Answer):
    """Whether a prompt could be saved; `tests` is how many passed, `templates` what would be rendered."""

    valid: bool
    problems: list[PromptProblemAnswer]
    tests: int
    includes: list[str]
    templates: dict[str, str]


class PromptDiffAnswer(Answer):
    """What changed: a unified diff for each text, variables by added, removed and changed, and the rest."""

    prompt: str
    from_: int = Field(alias="from")
    to: int
    same: bool
    texts: dict[str, str]
    variables: dict[str, Any]
    other: dict[str, Any]


class PromptChangeAnswer(Answer):
    """Who moved a label, from which version to which."""

    label: str
    action: Literal["set", "rollback", "delete"]
    from_: int | None = Field(alias="from")
    to: int | None
    at: str
    by: str


class PromptChangePage(Answer):
    """Changes of labels, newest first."""

    items: list[PromptChangeAnswer]
    cursor: str | None


class RenderedAnswer(Answer):
    """A rendered prompt; `hash` is the SHA-256 of the text (of system, a zero byte and text, if it has both)."""

    prompt: str
    version: int
    hash: str
    text: str
    system: str
    includes: dict[str, int]
    estimated_tokens: int = Field(description="Four characters a token; a model's own count is a little other.")


class BudgetStatusAnswer(Answer):
    """How a budget stands in one window. Amounts are decimal text in USD; `limit_usd` includes `extra_usd`."""

    subject: str
    window: str
    limit_usd: str
    extra_usd: str = Field(description="What was granted on top, in this window.")
    spent_usd: str
    reserved_usd: str = Field(description="For calls under way, at their worst case.")
    left_usd: str
    percentage_used: int
    health: Literal["healthy", "warning", "critical", "exceeded", "depleted"]
    projected_usd: str | None = Field(description="What will be spent when the window ends, at this pace.")


class BudgetAnswer(Answer):
    """A budget, and how it stands now; `status` is null where that is not one thing: see `subject` and `window`."""

    id: str
    name: str
    scope: str
    subject: str
    period: str
    limit_usd: str
    action: str
    downgrade_to: str | None
    warn_at: list[int]
    shards: int
    version: int
    created_at: str
    created_by: str
    updated_at: str
    updated_by: str
    status: BudgetStatusAnswer | None


class BudgetPage(Answer):
    """Budgets, by id."""

    items: list[BudgetAnswer]
    cursor: str | None


class BudgetAlertAnswer(Answer):
    """A percentage that was passed, once in its window."""

    budget_id: str
    subject: str
    window: str
    percent: int
    kind: str
    at: str
    spent_usd: str
    limit_usd: str


class BudgetAlertPage(Answer):
    """Alerts, newest first."""

    items: list[BudgetAlertAnswer]
    cursor: str | None


class StopAnswer(Answer):
    """A kill switch that is on."""

    by: str
    at: str
    reason: str


class WorkflowStopAnswer(StopAnswer):
    """One of a workflow."""

    workflow_id: str


class AiStatusAnswer(Answer):
    """What is stopped."""

    stopped: bool = Field(description="Whether the whole tenant is.")
    stop: StopAnswer | None
    workflows: list[WorkflowStopAnswer]


ANSWERS: dict[str, dict[int, type[Answer] | None]] = {
    "login": {200: TokensAnswer},
    "refresh": {200: TokensAnswer},
    "logout": {204: None},
    "me": {200: MeAnswer},
    "list_api_keys": {200: ApiKeyPage},
    "create_api_key": {201: NewApiKeyAnswer},
    "revoke_api_key": {204: None},
    "list_workflows": {200: WorkflowPage},
    "create_workflow": {201: WholeWorkflowAnswer},
    "validate_workflow": {200: ValidationAnswer},
    "get_workflow": {200: WholeWorkflowAnswer},
    "save_workflow": {200: WholeWorkflowAnswer, 201: WholeWorkflowAnswer},
    "delete_workflow": {204: None},
    "list_versions": {200: VersionPage},
    "get_version": {200: WholeVersionAnswer},
    "execute_workflow": {200: WholeRunAnswer, 202: RequestedRunAnswer},
    "workflow_status": {200: WorkflowStatusAnswer},
    "list_runs": {200: RunPage},
    "get_run": {200: WholeRunAnswer},
    "list_run_events": {200: EventPage},
    "get_run_payload": {200: None, 307: None},
    # live output
    "stream_run": {200: StreamPage, 204: None},
    "cancel_run": {202: RunStatusAnswer},
    "retry_run": {202: RequestedRunAnswer},
    "resume_run": {202: RunStatusAnswer},
    "list_approvals": {200: ApprovalPage},
    "decide_approval": {200: DecisionAnswer},
    "list_node_types": {200: NodeTypePage},
    "create_upload": {201: UploadAnswer},
    # budgets and kill switches
    "list_budgets": {200: BudgetPage},
    "create_budget": {201: BudgetAnswer},
    "get_budget": {200: BudgetAnswer},
    "change_budget": {200: BudgetAnswer},
    "delete_budget": {204: None},
    "list_budget_alerts": {200: BudgetAlertPage},
    "stop_ai": {200: AiStatusAnswer},
    "resume_ai": {200: AiStatusAnswer},
    "ai_status": {200: AiStatusAnswer},
    # prompts
    "list_prompts": {200: PromptPage},
    "create_prompt": {201: WholePromptAnswer},
    "validate_prompt": {200: PromptValidationAnswer},
    "get_prompt": {200: WholePromptAnswer},
    "save_prompt": {200: WholePromptAnswer, 201: WholePromptAnswer},
    "delete_prompt": {204: None},
    "list_prompt_versions": {200: PromptVersionPage},
    "get_prompt_version": {200: WholePromptVersionAnswer},
    "compare_prompt_versions": {200: PromptDiffAnswer},
    "list_prompt_labels": {200: PromptChangePage},
    "set_prompt_label": {200: PromptAnswer},
    "rollback_prompt": {200: PromptAnswer},
    "render_prompt": {200: RenderedAnswer},
    "health": {200: HealthAnswer},
    "health_detailed": {200: DetailedHealthAnswer, 503: DetailedHealthAnswer},
    "info": {200: InfoAnswer},
    "openapi": {200: None},
    "swagger_ui": {200: None},
    "swagger_asset": {200: None},
    **MODEL_ANSWERS,
    **USAGE_ANSWERS,
}
"""Route name to status to the answer's model; None: no body, or one that is not a model's."""
