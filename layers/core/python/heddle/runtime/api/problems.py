"""Errors as the API answers them: RFC 9457 `application/problem+json`, with the status from one table of codes.

docs/reference/errors.md is made from `CODES`. A code that is not in the table takes the status of its class.
"""

from typing import Any

from heddle.errors import (
    Conflict,
    Forbidden,
    HeddleError,
    InvalidCommand,
    InvalidPrompt,
    InvalidWorkflow,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    UpstreamUnavailable,
)
from heddle.records import dataclass

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "urn:heddle:error:"
"""`type` of a problem is this and the code: a name, not necessarily a page."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a code means: HTTP status, short title, and what the caller can do about it."""

    status: int
    title: str
    remedy: str


CODES: dict[str, Code] = {
    # 400
    "invalid_command": Code(400, "The request breaks a rule", "Read `detail`; it names the rule."),
    "invalid_input": Code(400, "The input is not valid", "`errors` names each field and what it must be."),
    "invalid_json": Code(400, "The body is not JSON", "Send one JSON value, in UTF-8; `detail` says where it breaks."),
    "invalid_yaml": Code(400, "The body is not YAML", "Send one YAML document; `detail` says where it breaks."),
    "invalid_body": Code(400, "The body is not valid", "`errors` names each field and what it must be."),
    "invalid_parameter": Code(400, "A parameter is not valid", "`errors` names the parameter and what it accepts."),
    "unknown_parameter": Code(400, "A parameter is unknown", "`errors` lists the parameters that this route knows."),
    "invalid_header": Code(400, "A header is not valid", "`errors` names the header and what it accepts."),
    "invalid_cursor": Code(400, "The cursor is not valid", "Send `cursor` exactly as the page before gave it."),
    "mode_not_allowed": Code(400, "The graph does not allow this mode", "Ask for `auto`, or one that `errors` lists."),
    "weak_password": Code(400, "The new password is too weak", "Take a longer one with several kinds of characters."),
    "invalid_amount": Code(400, "The amount is not valid", "Send decimal text in USD, such as `0.50`."),
    "invalid_limits": Code(400, "The limits are not valid", "`errors` names the limit and what it must be."),
    "invalid_budget": Code(400, "The budget is not valid", "`errors` names each field and what it must be."),
    "secret_in_body": Code(400, "Keys are not sent here", "Create the secret that `detail` names, and send its name."),
    # 401, 403
    "unauthenticated": Code(401, "No credential, or one that does not hold", "Send a bearer token or an API key."),
    "invalid_credentials": Code(401, "User name or password is wrong", "Check both; the two cases look the same."),
    "invalid_token": Code(401, "The token does not hold", "Log in again."),
    "token_expired": Code(401, "The token has expired", "Exchange the refresh token at POST /refresh."),
    "invalid_refresh_token": Code(401, "The refresh token does not hold", "Log in again; each one works once."),
    "invalid_api_key": Code(401, "The API key does not hold", "It is unknown, revoked or expired: make a new one."),
    "forbidden": Code(403, "Your role does not allow this", "Ask an admin of your tenant for the role in `detail`."),
    "scope_missing": Code(403, "The API key lacks a scope", "Make a key that has the scope in `detail`."),
    # 404, 405, 415
    "not_found": Code(404, "There is no such thing", "Check the id; things of other tenants look absent."),
    "workflow_not_found": Code(404, "There is no such workflow", "List them with GET /workflows."),
    "version_not_found": Code(404, "There is no such version", "List them with GET /workflows/{id}/versions."),
    "conversation_not_found": Code(404, "The node has asked no model", "Check node and item; GET the run shows them."),
    "run_not_found": Code(404, "There is no such run", "List them with GET /runs."),
    "approval_not_found": Code(404, "Nothing waits under this id", "It was decided, timed out, or never was."),
    "dead_letter_not_found": Code(404, "There is no such dead letter", "It was sent again, deleted, or never was."),
    "api_key_not_found": Code(404, "There is no such API key", "List them with GET /api-keys."),
    "budget_not_found": Code(404, "There is no such budget", "List them with GET /budgets."),
    "provider_not_found": Code(404, "There is no such provider", "List them with GET /providers."),
    "alias_not_found": Code(404, "There is no such alias", "List them with GET /models."),
    "llm_model_unknown": Code(404, "There is no such model", "`detail` lists aliases and providers."),
    "payload_not_found": Code(404, "There is no such payload", "Take `key` from a `$ref` in an answer of this run."),
    "route_not_found": Code(404, "There is no such route", "GET /openapi.json lists all of them."),
    "method_not_allowed": Code(405, "This path does not know this method", "`Allow` lists those that it does."),
    "unsupported_media_type": Code(415, "This content type is not accepted", "`detail` lists those that are."),
    # 409, 412, 413, 422
    "conflict": Code(409, "The state of the thing does not allow this now", "Read `detail`."),
    "version_conflict": Code(409, "Someone else saved first", "Load the thing again, apply your change, and save."),
    "idempotency_key_reused": Code(409, "The Idempotency-Key came with another body", "Take a new key per request."),
    "workflow_exists": Code(409, "There is a workflow of this id", "Save a new version with PUT, or take another id."),
    "workflow_deleted": Code(409, "The workflow was deleted", "Save it under another id."),
    "provider_in_use": Code(409, "Aliases use the provider", "Change or delete the aliases in `detail` first."),
    "llm_model_unpriced": Code(409, "Nobody knows the model's price", "PUT /model-settings with a price or a ceiling."),
    "llm_provider_unavailable": Code(409, "The provider is switched off", "PUT it with `enabled`, or name another."),
    "run_ended": Code(409, "The run has ended already", "Nothing needs to be done, or retry it."),
    "run_not_resumable": Code(
        409, "The run cannot be resumed", "Only one that failed, was cancelled or lost its execution can."
    ),
    "approval_not_waiting": Code(409, "The node does not wait now", "GET the run to see what it does."),
    "approval_decided": Code(409, "This was decided already", "GET the run to see the decision."),
    "api_key_exists": Code(409, "There is an API key of this id", "Try again; ids are random."),
    "budget_exists": Code(409, "There is a budget of this id", "Change it with PUT, or take another id."),
    "too_many_budgets": Code(409, "There is no room for another budget", "Delete one, or change one that there is."),
    "too_many_stops": Code(409, "Too many workflows are stopped one by one", "Stop the tenant instead."),
    "password_change_required": Code(
        409, "The temporary password must be changed", "Send POST /login again with `new_password` as well."
    ),
    # triggers and webhooks
    "invalid_trigger": Code(
        400, "The trigger is not valid", "`errors` names the field of its config and what it must be."
    ),
    "trigger_input_invalid": Code(
        400, "The trigger's input is not valid", "`errors` names the field; see docs/concepts/trigger.md."
    ),
    "unknown_preset": Code(400, "There is no such preset", "`detail` lists those that there are."),
    "invalid_signature": Code(
        401, "The webhook is not signed as it must be", "Check secret, signed content and clock."
    ),
    "invalid_event": Code(400, "The event is not valid", "`errors` names the event and the field."),
    "trigger_too_large": Code(
        413, "The trigger is too large", "Keep large values in the workflow, or send them when it fires."
    ),
    "event_too_large": Code(413, "The event is too large", "Put the large part elsewhere and send where it is."),
    "trigger_not_found": Code(404, "There is no such trigger", "List them with GET /triggers."),
    "hook_not_found": Code(404, "There is no webhook at this address", "`hook_path` of the trigger is its address."),
    "trigger_disabled": Code(409, "The trigger is disabled", "POST /triggers/{id}/enable."),
    "trigger_loop": Code(409, "Triggers led to each other in a circle", "Narrow the pattern of one of them."),
    "trigger_has_no_secret": Code(409, "The trigger has no secret of ours", "Change the secret that it names."),
    "timer_missed": Code(409, "The timer came too late", "It skips what it missed; see `missed` of its config."),
    "hook_body_too_large": Code(413, "The webhook's body is too large", "Raise `max_body_bytes` (at most 5 MB)."),
    "invalid_webhook_url": Code(
        400, "Webhooks cannot be sent to this address", "Give one that starts with https:// and is public."
    ),
    "webhook_too_large": Code(413, "The webhook is too large", "Send less, with an id to read the rest by."),
    # rules, notifications, messages
    "invalid_rule": Code(400, "The rule is not valid", "`errors` names the field; see docs/concepts/rules.md."),
    "invalid_pattern": Code(400, "This is no pattern", "Write a regular expression of RE2."),
    "rule_not_found": Code(404, "There is no such rule", "List them with GET /routing-rules."),
    "rule_exists": Code(409, "There is a rule of this name", "Change it with PUT, or take another name."),
    "too_many_rules": Code(409, "There is no room for another rule", "Delete one, or change one that there is."),
    "rule_out_of_time": Code(400, "The rules before it took too long", "Give costly rules a lower priority."),
    "invalid_notification": Code(400, "The notification is not valid", "`errors` names the field."),
    "invalid_preferences": Code(400, "The preferences are not valid", "`errors` names the field."),
    "invalid_user": Code(400, "This names no user", "Take `user` of Status connected, or a user's subject."),
    "unknown_time_zone": Code(400, "There is no such time zone", "Take a name such as Europe/Vienna."),
    "notification_not_found": Code(404, "There is no such notification", "List yours with GET /notifications."),
    "topic_without_history": Code(400, "The topic has no history", "GET the run's events instead."),
    # plugins
    "plugin_not_wasm": Code(400, "This is no WebAssembly module", "`errors` says what is wrong with it."),
    "plugin_import_forbidden": Code(
        400, "The module imports what the sandbox has not", "Build it for WASI preview 1, without files and sockets."
    ),
    "plugin_entry_missing": Code(400, "The module has nothing to call", "Build a WASI command, not a library."),
    "plugin_manifest_missing": Code(400, "The plugin has no manifest", "Send it beside the module, or pack it in."),
    "plugin_manifest_invalid": Code(400, "The manifest is not valid", "`errors` names each field."),
    "plugin_manifest_mismatch": Code(400, "The manifest is not the one in the module", "`errors` names what differs."),
    "plugin_permissions_mismatch": Code(
        400, "The permissions are not what the module needs", "Name exactly those that `errors` says."
    ),
    "plugin_config_invalid": Code(400, "The configuration breaks the plugin's schema", "`errors` names each field."),
    "plugin_not_found": Code(404, "There is no such plugin or version", "List them with GET /plugins."),
    "plugin_file_not_found": Code(404, "The plugin's module is gone", "Hand it in again under another version."),
    "plugin_version_exists": Code(409, "This version is there with another module", "Give it another version."),
    "plugin_limit_reached": Code(409, "There is no room for another plugin", "Delete one that is not used."),
    "plugin_config_needed": Code(409, "The plugin must be configured first", "PUT /plugins/{plugin}/config."),
    "plugin_too_large": Code(413, "The module is too large", "Build it for size (-Oz, stripped)."),
    "plugin_artefact_untrusted": Code(
        422, "The plugin's files are not the ones that were kept", "POST /plugins/{plugin}/reload, or hand it in again."
    ),
    # batches
    "batch_not_found": Code(404, "There is no such batch", "List those of the last thirty days with GET /batches."),
    "batch_item_not_found": Code(404, "The batch has no such item", "Items count from 1 to the batch's `total`."),
    "batch_file_not_found": Code(404, "A file of the batch is gone", "It ended with its thirty days, or was deleted."),
    "batch_ended": Code(409, "The batch has ended", "Hand in another one."),
    "batch_stopping": Code(409, "The batch is being stopped", "Wait until what is under way has ended."),
    "batch_not_ended": Code(409, "The batch has not ended", "POST /batches/{batch}/cancel, and wait until it has."),
    "batch_busy": Code(409, "Too much happens to the batch at once", "Try again in a moment."),
    # prompts
    "prompt_ref_invalid": Code(400, "This names no prompt", "Write `name`, `name@3` or `name@production`."),
    "prompt_variables_invalid": Code(
        400, "Variables of the prompt are wrong", "`errors` names each, and what it must be."
    ),
    "prompt_undefined": Code(400, "The prompt uses something that is missing", "Give it, or use `default(…)` there."),
    "prompt_fuel_exhausted": Code(400, "The prompt computes for too long", "Let it loop over less."),
    "prompt_too_large": Code(
        400, "The rendered prompt is too large", "Give it less; a model could not read it either."
    ),
    "prompt_render_failed": Code(400, "The prompt cannot be rendered", "`detail` says where and why."),
    "prompt_output_invalid": Code(400, "The text is not of the prompt's format", "Write values with `tojson`."),
    "prompt_include_circle": Code(
        409, "Prompts include each other", "`detail` shows the circle; leave one include out."
    ),
    "prompt_include_too_deep": Code(409, "Includes go too deep", "`detail` shows the path; include fewer in a row."),
    "prompt_include_too_many": Code(409, "Too many prompts are included", "Join some of them."),
    "prompt_not_found": Code(404, "There is no such prompt", "List them with GET /prompts."),
    "prompt_version_not_found": Code(404, "There is no such version", "List them with GET /prompts/{prompt}/versions."),
    "prompt_label_not_found": Code(404, "The prompt has no such label", "GET the prompt to see its labels."),
    "prompt_exists": Code(409, "There is a prompt of this name", "Save a new version with PUT, or take another name."),
    "prompt_no_earlier_version": Code(409, "The label has meant no other version", "Set it to the version you want."),
    "prompt_too_many_labels": Code(409, "The prompt has too many labels", "Move one that is there."),
    "prompt_built_in": Code(403, "The prompt is built in", "Save one of your own, under another name."),
    "invalid_prompt": Code(422, "The prompt breaks rules", "`errors` lists every problem by code, with its line."),
    "payload_too_large": Code(413, "More bytes than allowed", "Send documents with POST /uploads and name them."),
    "invalid_workflow": Code(422, "The definition breaks validation rules", "`errors` lists every problem by code."),
    # documents
    "search_query_empty": Code(400, "There is nothing to search for", "Send a `query` with at least one word."),
    "document_not_found": Code(404, "There is no such document", "List them with GET /documents."),
    "upload_not_found": Code(404, "There is no such upload", "PUT the file to the address of POST /uploads first."),
    "original_not_found": Code(404, "The file is gone", "Hand the document in again."),
    "reembedding": Code(409, "Another change of the model is under way", "GET /documents/embedding-model shows it."),
    "document_empty": Code(400, "The document has no content", "Send another."),
    "document_corrupt": Code(400, "The document is damaged", "Save it again where it comes from."),
    "document_encrypted": Code(400, "The document needs a password", "Send it without."),
    "document_unsupported": Code(
        400, "This kind of document is not read", "Send HTML, PDF, Markdown, JSON, XML, text."
    ),
    "document_unsafe": Code(400, "The document is built to harm its reader", "`detail` says how; leave that out."),
    "document_timeout": Code(408, "Reading the document took too long", "Split it, or hand it to POST /documents."),
    "document_too_large": Code(413, "The document is larger than is taken", "Split it; 100 MiB are the most."),
    "document_version_not_found": Code(404, "The document has no such version", "GET its versions."),
    "embedding_model_not_found": Code(404, "No document has been embedded yet", "Add a document first."),
    # 429, 5xx
    "too_many_attempts": Code(429, "Too many attempts", "Wait as long as `Retry-After` says."),
    "too_many_requests": Code(429, "Too many requests", "Wait as long as `Retry-After` says."),
    "internal_error": Code(500, "Something went wrong here", "Tell us the correlation id; trying again may help."),
    "heddle_error": Code(500, "Something went wrong here", "Tell us the correlation id."),
    "payload_corrupt": Code(500, "A stored payload has changed", "Tell us the correlation id."),
    "budgets_busy": Code(503, "Too many calls meet at a budget", "Try again; a budget with more `shards` takes more."),
    "transaction_conflict": Code(503, "Too many writers at once", "Try again in a moment."),
    "database_unavailable": Code(503, "The database does not answer", "Nothing was changed; try again in a moment."),
    "database_timeout": Code(503, "The database took too long", "Ask for less, or try again in a moment."),
    "upstream_unavailable": Code(503, "A service behind this one did not answer", "Try again in a moment."),
}

_BY_CLASS: tuple[tuple[type[HeddleError], str], ...] = (
    (InvalidWorkflow, "invalid_workflow"),
    (InvalidPrompt, "invalid_prompt"),
    (InvalidCommand, "invalid_command"),
    (Unauthenticated, "unauthenticated"),
    (Forbidden, "forbidden"),
    (NotFound, "not_found"),
    (Conflict, "conflict"),
    (PayloadTooLarge, "payload_too_large"),
    (UpstreamUnavailable, "upstream_unavailable"),
)

RETRY_AFTER_SECONDS = {429: "30", 503: "2"}


def status_of(error: HeddleError) -> tuple[int, str]:
    """Return status and title: by code, else by class, else 500."""
    if known := CODES.get(error.code):
        return known.status, known.title
    for cls, code in _BY_CLASS:
        if isinstance(error, cls):
            return CODES[code].status, CODES[code].title
    return 500, CODES["internal_error"].title


def problem(error: Exception, correlation_id: str) -> tuple[int, dict[str, Any]]:
    """Return status and body for an error. Of an unexpected one, and of any 500, nothing is told."""
    status, title = status_of(error) if isinstance(error, HeddleError) else (500, CODES["internal_error"].title)
    if status == 500 or not isinstance(error, HeddleError):
        code, detail = "internal_error", "An unexpected error; the log has the details under this correlation id."
        return 500, _body(code, CODES[code].title, 500, detail, correlation_id)
    body = _body(error.code, title, status, error.message, correlation_id)
    errors = error.details.get("problems") or error.details.get("errors")
    if errors:
        body["errors"] = errors
    return status, body


def _body(code: str, title: str, status: int, detail: str, correlation_id: str) -> dict[str, Any]:
    return {
        "type": f"{TYPE_BASE}{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "correlation_id": correlation_id,
    }
