"""POST /analyze with a model: what it gives takes the place of the rules' results, and nothing it cannot prove."""

import json
from typing import Any

import pytest

from heddle.application.ports.models import Completion, CompletionRequest
from heddle.errors import NodeError
from heddle.testing.api import ApiStage, Caller
from heddle.testing.scripted_model import ScriptedModel

TEXT = "The loom is a machine that weaves cloth from yarn. Ada Lovelace wrote about the Jacquard\nloom in London."
SAID: dict[str, Any] = {
    "summary": "Looms weave; Lovelace wrote of one.",
    "concepts": [
        {"name": "jacquard loom", "category": "Technical", "description": "A loom with cards.", "relevance": 0.9},
        {"name": "steam engine", "category": "Technical", "description": "Not in it.", "relevance": 0.5},
    ],
    "entities": [{"name": "Ada Lovelace", "type": "Person"}, {"name": "Charles Babbage", "type": "Person"}],
    "sentiment": {"label": "neutral", "score": 0.1, "reasoning": "It tells facts."},
    "objectives": [{"description": "Explain a loom", "bloom_level": "Understand", "assessment": "Ask what it does."}],
}


def completion(text: str, model: str = "gpt-x") -> Completion:
    return Completion(text, model, "openai", "end", 100, 50)


def refine(stage: ApiStage, editor: Caller, said: Any, **options: Any) -> tuple[Any, ScriptedModel]:
    model = ScriptedModel(said if callable(said) else [said])
    stage.ports.ask_model = model
    answer = editor.post("/analyze", {"content": TEXT, "options": {"model": "clever", **options}})
    assert answer.status == 200, answer.body
    return answer.json, model


def test_what_the_model_found_takes_the_place_of_the_rules(stage: ApiStage, editor: Caller) -> None:
    found, model = refine(stage, editor, completion(json.dumps(SAID)))

    assert found["method"] == "model"
    assert found["refined"]["analyses"] == ["summary", "concepts", "entities", "sentiment", "objectives"]
    assert (found["refined"]["model"], found["refined"]["cost_usd"]) == ("gpt-x", "0.001")
    assert found["summary"] == {"text": SAID["summary"], "sentences": [], "method": "model"}
    assert found["sentiment"]["reasoning"] == "It tells facts."
    assert found["keywords"] and found["difficulty"]
    assert "refine" in found["timings_ms"]
    (asked,) = model.asked
    assert (asked.caller.tenant, asked.model) == ("acme", "clever")
    assert asked.caller.principal.startswith("user:")
    assert 1 <= asked.request.timeout <= 25


def test_names_that_the_text_lacks_are_left_out_and_the_others_have_offsets(stage: ApiStage, editor: Caller) -> None:
    found, _ = refine(stage, editor, completion(json.dumps(SAID)))

    (concept,), (entity,) = found["concepts"], found["entities"]
    mention = concept["mentions"][0]
    assert found["text"][mention["start"] : mention["end"]] == "Jacquard\nloom"
    assert entity["name"] == "Ada Lovelace"
    assert [(one["code"], one["analysis"]) for one in found["warnings"]] == [("refined_unfounded", "refine")]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (NodeError("the budget of the tenant is used up", code="budget_exceeded"), "budget_exceeded"),
        (NodeError("there is no such model", code="llm_model_unknown"), "llm_model_unknown"),
        (NodeError("it does not answer", code="llm_provider_unavailable", retryable=True), "llm_provider_unavailable"),
        (completion("I would rather not."), "llm_output_invalid"),
        (completion(json.dumps(SAID | {"sentiment": {"label": "cheerful"}})), "llm_output_invalid"),
        (completion("The loom weaves.", "extractive-1"), "llm_needs_model"),
    ],
)
def test_without_a_useful_answer_the_analysis_stays_and_says_why(
    stage: ApiStage, editor: Caller, said: Any, code: str
) -> None:
    plain = editor.post("/analyze", {"content": TEXT}).json

    found, _ = refine(stage, editor, said)

    assert found["method"] == "offline"
    assert [one["code"] for one in found["warnings"]] == [code]
    assert found["concepts"] == plain["concepts"] and found["summary"] == plain["summary"]


def test_the_model_is_asked_for_what_is_wanted_only(stage: ApiStage, editor: Caller) -> None:
    def said(request: CompletionRequest) -> Completion:
        assert request.output_schema is not None
        return completion(json.dumps({name: SAID[name] for name in request.output_schema["properties"]}))

    found, _ = refine(stage, editor, said, extract_concepts=False, generate_summary=False, extract_objectives=False)

    assert found["refined"]["analyses"] == ["entities", "sentiment"]
    assert found["concepts"] is None and found["summary"] is None


def test_a_language_without_words_for_sentiment_gets_it_from_the_model(stage: ApiStage, editor: Caller) -> None:
    stage.ports.ask_model = ScriptedModel([completion(json.dumps(SAID | {"concepts": [], "entities": []}))])

    found = editor.post("/analyze", {"content": "织布机是用纱线织布的机器。", "options": {"model": "clever"}}).json

    assert found["sentiment"]["label"] == "neutral"
    assert found["warnings"] == []


def test_without_a_model_none_is_asked(stage: ApiStage, editor: Caller) -> None:
    model = ScriptedModel([completion("{}")])
    stage.ports.ask_model = model

    found = editor.post("/analyze", {"content": TEXT}).json

    assert (found["method"], found["refined"], model.asked) == ("offline", None, [])
