"""The codes in `warnings` and `errors` of an analysis, for docs/reference/errors.md: what each means and what helps.

They come with a 200: the rest of the analysis is there. Tests hold this table to the code.
"""

from heddle.records import dataclass


@dataclass(frozen=True, slots=True)
class AnalysisCode:
    """What a code means, and what the caller can do."""

    meaning: str
    remedy: str


ANALYSIS_CODES: dict[str, AnalysisCode] = {
    "analysis_failed": AnalysisCode("An analysis broke, or one that it builds on did: a bug", "Tell us; use the rest."),
    "analysis_timeout": AnalysisCode("There was no time left for it", "More `timeout_seconds`, or less text."),
    "content_type_differs": AnalysisCode("The content is not what it was said to be", "Leave `content_type` out."),
    "no_text": AnalysisCode("The document has no text, only pictures perhaps", "Send one with a text layer."),
    "refined_in_part": AnalysisCode("The text is longer than what a model is shown", "Refine its parts."),
    "refined_unfounded": AnalysisCode("The model named what the text does not", "Nothing: it was left out."),
    "sentiment_language": AnalysisCode("There are no words for sentiment in this language", "Let a model refine it."),
    "text_truncated": AnalysisCode("Only the beginning was analysed", "Split it, or hand it to POST /documents."),
}
