"""The codes with which nodes and runs fail, for docs/reference/errors.md: what each means and what helps.

A node's error is in the run (`error.code`, `nodes[].error.code`), not in a status. Tests hold this table to the code.
"""

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class NodeCode:
    """What a code means, what the caller can do, and whether a node's `retry` repeats it unless told otherwise."""

    meaning: str
    remedy: str
    repeated: bool = False


NODE_CODES: dict[str, NodeCode] = {
    # any node
    "node_failed": NodeCode("The node could not do its work", "Read `message`."),
    "node_timeout": NodeCode("The node took longer than its `timeout`", "Give it more time, or less to do.", True),
    "node_crashed": NodeCode("A bug; `message` names the error's type", "`heddle logs --run` shows its stack."),
    "node_interrupted": NodeCode(
        "Its function died after it had begun to act", "See what it did outside; then retry the run."
    ),
    "node_config_invalid": NodeCode("A value of its config is not valid once rendered", "`message` names the field."),
    "node_output_invalid": NodeCode("Its output is not JSON", "Convert it, for example to text."),
    "node_output_too_large": NodeCode("Its output is larger than any payload may be", "Let it give less."),
    "node_type_unknown": NodeCode("This stage has no such node type", "GET /node-types lists those that it has."),
    "items_not_a_list": NodeCode("`for_each.items` gave no list", "`message` says what it gave."),
    "secret_not_found": NodeCode("The tenant has no such secret", "Create it under the name in `message`."),
    "expression_undefined": NodeCode("An expression uses something that is not there", "Use `default(…)`."),
    "expression_failed": NodeCode("An expression cannot be evaluated", "`message` says where and why."),
    "expression_fuel_exhausted": NodeCode("An expression computes for too long", "Let it loop over less."),
    "run_timed_out": NodeCode("The run took longer than its `timeout`", "Give it more time, or retry it."),
    "run_cancelled": NodeCode("The run was cancelled while the node worked", "Resume the run."),
    "WF_SUBRUN_TOO_DEEP": NodeCode("Runs start runs too deep", "Nest fewer workflows."),
    "approval_rejected": NodeCode("Somebody rejected it; `message` says who and why", "Ask them."),
    "approval_timed_out": NodeCode("Nobody decided in time", "A longer `timeout`, or a `default`."),
    "subrun_failed": NodeCode("The run that the node started did not succeed", "`heddle show` the run in `message`."),
    "execution_lost": NodeCode("Too many executions of the run died, one after the other", "Resume the run."),
    # money
    "budget_exceeded": NodeCode(
        "The worst case of the call does not fit a budget", "`details` name budget and amounts: raise it, or wait."
    ),
    "budget_approval_required": NodeCode("The call needs an approval to pass a budget", "`heddle approve RUN`."),
    "ai_stopped": NodeCode("Calls to models are stopped, by whom and why `message` says", "`heddle ai resume`."),
    "budgets_busy": NodeCode("Too many calls met at a budget", "A budget with more `shards` takes more.", True),
    # models
    "llm_rate_limited": NodeCode("Too many requests or tokens a minute", "Ask less at once, or for more.", True),
    "llm_unavailable": NodeCode("The provider is overloaded, broken or not reachable", "A fallback chain.", True),
    "llm_timeout": NodeCode("No answer in time", "A shorter answer, or a longer `timeout`.", True),
    "llm_bad_response": NodeCode("The answer is none", "Try again; then another model.", True),
    "llm_stream_broken": NodeCode("The answer broke off in the middle", "Try again.", True),
    "llm_quota_exceeded": NodeCode("The account's money or quota at the provider is used up", "Top it up there."),
    "llm_auth": NodeCode("No credential for the provider, or one that does not hold", "Set the secret in `message`."),
    "llm_bad_request": NodeCode("The provider refuses a parameter or the model's name", "`message` is its reason."),
    "llm_context_too_long": NodeCode("Prompt and answer do not fit the model", "`message` has the counts: send less."),
    "llm_refused": NodeCode("The model or a content filter declined", "Ask otherwise."),
    "llm_empty_answer": NodeCode("The model answered nothing, twice", "Another model, or another prompt."),
    "llm_output_invalid": NodeCode("The answer breaks `output_schema`, also when asked again", "Simplify the schema."),
    "llm_needs_model": NodeCode("The extractive provider cannot do this", "Configure a provider with a model."),
    "llm_model_unknown": NodeCode("There is no such model or alias", "`message` lists those that there are."),
    "llm_model_unpriced": NodeCode("Nobody knows the model's price", "Set a price or a ceiling in /model-settings."),
    "llm_provider_unavailable": NodeCode("The provider is switched off", "Switch it on, or name another."),
    # agents
    "agent_step_limit": NodeCode("`max_steps` calls to the model, and no answer yet", "More steps, or fewer tools."),
    "agent_cost_limit": NodeCode("`max_cost_usd` is reached", "Raise it, or take a cheaper model."),
    "agent_tool_calls_invalid": NodeCode("The model cannot call its tools rightly", "Simplify their schemas."),
    "conversation_ended": NodeCode("This conversation had ended before", "Nothing: the other delivery goes on.", True),
    "tool_host_not_allowed": NodeCode("The tool may not reach this host", "Add it to the tool's `hosts`."),
    # documents, HTTP, events
    "search_unavailable": NodeCode("The database does not answer", "Nothing, it is tried again.", repeated=True),
    "ingest_unavailable": NodeCode("The database does not answer", "Nothing, it is tried again.", repeated=True),
    "document_not_found": NodeCode("There is no such object", "Upload it, and name it as the answer said."),
    "document_empty": NodeCode("The document has no content", "Send another."),
    "document_too_large": NodeCode("The document is larger than is read", "Split it."),
    "document_unsupported": NodeCode("This kind of document is not read", "`message` lists the kinds that are."),
    "document_encrypted": NodeCode("The document needs a password", "Send it without."),
    "document_corrupt": NodeCode("The document is damaged", "Save it again where it comes from."),
    "document_unsafe": NodeCode("The document would unpack to far more than it is", "Send its content otherwise."),
    "document_timeout": NodeCode("Reading took too long", "Split the document."),
    # code and plugins
    "plugin_not_wasm": NodeCode("The code is no WebAssembly module", "`message` says what is wrong with it."),
    "plugin_import_forbidden": NodeCode("The code wants what the sandbox has not", "Build it for WASI, without files."),
    "plugin_entry_missing": NodeCode("The code has nothing to call", "Build a WASI command, not a library."),
    "plugin_not_found": NodeCode("There is no such plugin or version", "GET /plugins lists them."),
    "plugin_disabled": NodeCode("The plugin is not enabled", "POST /plugins/{plugin}/enable."),
    "plugin_artefact_untrusted": NodeCode("The compiled plugin has no valid seal", "POST /plugins/{plugin}/reload."),
    "plugin_timeout": NodeCode("The code took too long", "A longer `timeout`, or less to do."),
    "plugin_out_of_fuel": NodeCode("The code has used up its instructions", "Look for a loop that does not end."),
    "plugin_out_of_memory": NodeCode("The code begins with more memory than it may have", "Raise `memory_mb`."),
    "plugin_trapped": NodeCode("The code was stopped by an error of its own", "`message` and `details.log` say which."),
    "plugin_exited": NodeCode("The code ended with a status other than 0", "`details.log` has what it wrote."),
    "plugin_output_invalid": NodeCode("The code did not write one JSON value", "Write nothing else to the output."),
    "plugin_output_too_large": NodeCode("The code wrote more than 1 MiB", "Write less."),
    "plugin_input_too_large": NodeCode("The input is larger than code is given", "Pass less of it."),
    "code_object_not_found": NodeCode("There is no such uploaded module", "Upload it, and name it as answered."),
    "code_too_large": NodeCode("The module is larger than is taken", "Build it for size."),
    "code_unavailable": NodeCode("A store does not answer", "Nothing, it is tried again.", True),
    "http_status": NodeCode("The server answered with an error", "`details.status` and the beginning of its answer."),
    "http_timeout": NodeCode("The server did not answer in time", "A longer `timeout`.", True),
    "http_unreachable": NodeCode("The server cannot be reached", "Check name and port.", True),
    "http_bad_url": NodeCode("This is no URL that may be fetched", "`message` says why."),
    "http_blocked_address": NodeCode("The address is not public", "Only public addresses are fetched."),
    "http_too_many_redirects": NodeCode("The server redirects for ever", "Name the last address."),
    "http_too_large": NodeCode("The answer is larger than `max_bytes`", "Raise it, or ask for less."),
    "http_tls": NodeCode("There is no secure connection", "`message` says what is wrong with the certificate."),
    "http_protocol": NodeCode("The server does not speak HTTP rightly", "Ask its owner."),
    "http_bad_body": NodeCode("The answer is not the JSON that was asked for", "Read it as text."),
    "emit_refused": NodeCode("The bus refused the event", "`message` is its reason."),
    "emit_too_large": NodeCode("The event is larger than the bus takes", "Emit a reference."),
    "emit_unavailable": NodeCode("The bus did not answer", "Try again.", True),
}
