"""research, write, classify, extract, summarise and embed: what they ask, and what they do without a model."""

import json
from operator import mul
from typing import Any

import pytest

from heddle.application.ports.models import CompletionRequest
from heddle.errors import NodeError
from heddle.testing.direct_models import DirectModels
from heddle.testing.scripted_model import says
from tests.support.ai_nodes import AiBench, CountingEmbedder

PASSAGES = [
    {"text": "Queues take in bursts of work, so that workers need not be many.", "source": "queues.md"},
    {"text": "Retries must be idempotent, or a payment is made twice.", "source": "retries.md"},
    {"text": "Bananas are rich in potassium and easy to peel.", "source": "fruit.md"},
]
LABELS = [{"name": "billing", "description": "invoices, charges, refunds"}, "technical"]


def answer(**fields: Any) -> str:
    return json.dumps(fields)


# --- research


def test_research_gives_only_what_the_model_really_produced() -> None:
    bench = AiBench([says(answer(answer="Twice [2].", confidence=0.8, examples=[]))])

    output = bench.run("research", question="What if retries are not idempotent?", context=PASSAGES).output

    assert (output["answer"], output["confidence"]) == ("Twice [2].", 0.8)
    assert [citation["source"] for citation in output["citations"]] == ["retries.md"]
    assert "examples" not in output and "follow_up_questions" not in output


def test_deep_research_asks_what_must_be_known_and_reads_for_each_question() -> None:
    many = [{"text": f"Filler number {n} about nothing."} for n in range(60)] + PASSAGES
    questions = ["Are retries idempotent?", "What do bananas hold?"]
    bench = AiBench([says(answer(questions=questions)), says(answer(answer="Yes."))])

    output = bench.run("research", question="How do queues take bursts?", context=many, depth="deep").output

    read = {passage["text"] for passage in bench.requests[1].context}
    assert {passage["text"] for passage in PASSAGES} <= read
    assert (output["questions"], output["passages_read"]) == (questions, len(read))
    assert len(read) <= 40


def test_research_without_a_model_quotes_the_passages() -> None:
    output = AiBench().run("research", question="Must retries be idempotent?", context=PASSAGES).output

    assert output["extractive"] is True
    assert "Retries must be idempotent" in output["answer"]
    assert output["citations"][0]["source"] == "retries.md"
    assert "confidence" not in output


# --- write


def test_a_text_is_asked_for_as_it_is_wanted() -> None:
    bench = AiBench([says("# Queues\n\nThey wait.")])

    output = bench.run(
        "write", topic="Queues", kind="tutorial", style="dry", audience="cooks", length=80, format="html", outline="1."
    ).output

    assert (output["words"], output["format"], output["stop_reason"]) == (4, "html", "end")
    for wanted in ("tutorial", "about 80 words", "HTML", "for cooks", "Style: dry", "in this order:\n1."):
        assert wanted in bench.requests[0].system


def test_writing_without_a_model_is_sentences_of_the_context() -> None:
    output = AiBench().run("write", topic="retries", context=PASSAGES).output

    assert output["extractive"] is True
    assert "Retries must be idempotent" in output["text"]


# --- classify


def test_a_model_chooses_one_of_the_labels() -> None:
    bench = AiBench(
        [
            says(answer(labels=["money"], confidence=1, reason="?")),
            says(answer(labels=["billing"], confidence=0.9, reason="It is about an invoice.")),
        ]
    )

    output = bench.run("classify", text="My invoice is wrong.", labels=LABELS).output

    assert (output["label"], output["confidence"], output["reason"]) == ("billing", 0.9, "It is about an invoice.")
    assert "- billing: invoices, charges, refunds\n- technical" in bench.requests[0].system


def test_no_label_need_fit_where_several_may() -> None:
    output = (
        AiBench([says(answer(labels=[], confidence=0.7, reason="None."))])
        .run("classify", text="Hello.", labels=LABELS, multi=True)
        .output
    )

    assert (output["label"], output["labels"]) == (None, [])


def test_without_a_model_words_decide_and_it_says_so() -> None:
    output = AiBench().run("classify", text="You charged me twice, where is my refund?", labels=LABELS).output

    assert (output["label"], output["extractive"]) == ("billing", True)
    assert "no model was asked" in output["reason"]


def test_without_a_model_and_a_shared_word_there_is_no_label() -> None:
    output = AiBench().run("classify", text="Hello there.", labels=LABELS).output

    assert (output["label"], output["labels"], output["confidence"]) == (None, [], 0.0)


# --- extract


def test_an_object_is_read_out_of_a_text() -> None:
    schema = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
    bench = AiBench([says(answer(sum=1)), says(answer(total=12.5))])

    assert bench.run("extract", text="Total: 12.50", schema=schema).output["output"] == {"total": 12.5}


def test_reading_an_object_needs_a_model() -> None:
    bench = AiBench()

    with pytest.raises(NodeError) as refused:
        bench.run("extract", text="Total: 12.50", schema={"type": "object"})

    assert refused.value.code == "llm_needs_model"
    assert type(bench.history()[-1]).__name__ == "ConversationEnded", "a provider that comes later is asked"


# --- summarise


def test_a_short_text_is_summarised_at_once() -> None:
    bench = AiBench([says("Short.")])

    output = bench.run("summarise", text="A text.", style="one word").output

    assert (output["text"], output["words"], output["parts"]) == ("Short.", 1, 1)
    assert "Style: one word." in bench.requests[0].system


def by_part(request: CompletionRequest) -> Any:
    return says("The whole." if "summaries of the parts" in request.system else f"[{request.prompt[:6]}]")


def test_a_long_text_is_summarised_in_parts_and_then_as_a_whole() -> None:
    bench = AiBench(by_part)
    text = "\n\n".join(f"Part {n} " + "word " * 110 for n in range(20))

    output = bench.run("summarise", text=text, part_tokens=200).output

    assert (output["text"], output["parts"]) == ("The whole.", 20)
    assert bench.requests[-1].prompt.startswith("[Part 0]\n\n[Part 1]\n\n[Part 2]")
    assert [event.step for event in sorted(bench.history(), key=lambda event: event.step)] == list(range(1, 22))


def test_parts_that_are_done_are_not_read_again() -> None:
    failures = [1]

    def sometimes(request: CompletionRequest) -> Any:
        if request.prompt.startswith("Part 7") and failures:
            failures.pop()
            return NodeError("busy", code="llm_unavailable", retryable=True)
        return by_part(request)

    bench, text = AiBench(sometimes), "\n\n".join(f"Part {n} " + "word " * 110 for n in range(10))
    with pytest.raises(NodeError):
        bench.run("summarise", text=text, part_tokens=200)

    output = bench.run("summarise", text=text, part_tokens=200, task={"attempt": 2}).output

    assert output["text"] == "The whole."
    assert len(bench.model.asked) == 10 + 1 + 1, "ten parts, the one that failed, the whole"


def test_a_long_text_without_a_model_is_read_at_once() -> None:
    text = "\n\n".join(f"Sentence number {n} speaks of queues and of workers in a row." for n in range(300))

    output = AiBench().run("summarise", text=text, part_tokens=200, max_sentences=3).output

    assert (output["extractive"], output["parts"]) == (True, 1)


# --- embed


def test_texts_are_embedded_in_batches() -> None:
    bench = AiBench([])

    result = bench.run("embed", text=["x" * n for n in range(1, 201)], dimensions=2)

    assert [len(asked.texts) for asked in bench.embedder.asked] == [96, 96, 8]
    assert [vector[0] for vector in result.output["vectors"]] == [float(n) for n in range(1, 201)]
    assert (result.output["dimensions"], result.output["count"], result.output["model"]) == (2, 200, "embed-1")
    assert (result.usage["cost_usd"], result.usage["input_tokens"]) == ("0.003", 200)


def test_whoever_embeds_the_first_batch_embeds_the_others_because_vectors_of_two_models_do_not_mix() -> None:
    bench = AiBench([])

    bench.run("embed", text=["x"] * 200, model="embed")

    assert bench.embedder.models == ["embed", "scripted/embed-1", "scripted/embed-1"]


def test_one_text_gives_one_vector() -> None:
    output = AiBench([]).run("embed", text="abc").output

    assert (output["vectors"], output["lexical"]) == ([[3.0, 1.0]], False)


def test_without_a_model_vectors_are_of_words_and_say_so() -> None:
    output = AiBench(parts={"embed": DirectModels().embed}).run("embed", text=["a red rope", "red ropes", "tax"]).output

    rope, ropes, tax = output["vectors"]
    assert output["lexical"] is True
    assert sum(map(mul, rope, ropes)) > sum(map(mul, rope, tax))


def test_batches_that_are_done_are_not_paid_for_again() -> None:
    bench = AiBench([], embedder=CountingEmbedder(fail_at=2))
    texts = ["x" * n for n in range(1, 201)]
    with pytest.raises(ConnectionError):
        bench.run("embed", text=texts)

    result = bench.run("embed", text=texts, task={"attempt": 2})

    assert [len(asked.texts) for asked in bench.embedder.asked] == [96, 96, 96, 8]
    assert (result.output["count"], result.usage["cost_usd"]) == (200, "0.003")


@pytest.mark.parametrize(
    ("text", "field"), [([], "text"), (["a", " "], "text[1]"), (["a", 1], "text[1]"), ("", "text")]
)
def test_what_cannot_be_embedded_is_named(text: Any, field: str) -> None:
    with pytest.raises(NodeError) as refused:
        AiBench([]).run("embed", text=text)

    assert (refused.value.code, refused.value.details["field"]) == ("node_config_invalid", field)
