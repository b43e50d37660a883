"""Examples of requests and answers about analyses. Lists are shortened."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "analyze_content": {
        "request": {
            "content": "# Looms\n"
            "\n"
            "A loom weaves cloth from yarn. Ada Lovelace wrote about the loom "
            "in London. It is a [good](https://acme.example/looms) and "
            "reliable machine.\n",
            "content_type": "markdown",
        },
        "response": {
            "status": "completed",
            "media_type": "text/markdown",
            "bytes": 150,
            "sha256": "5b6f69c0d3bc0992954c7815e29cb4cd2821ed61702361dc8e224c2f14fc438d",
            "title": "Looms",
            "text": "Looms\n"
            "\n"
            "A loom weaves cloth from yarn. Ada Lovelace wrote about the loom in London. It is a good "
            "and reliable machine.",
            "pages": None,
            "metadata": {"encoding": "utf-8"},
            "structure": {
                "sections": [{"level": 1, "title": "Looms", "start": 0, "end": 117}],
                "contents": [{"number": "1", "title": "Looms", "level": 1, "start": 0}],
                "outline": [{"level": 1, "title": "Looms", "offset": 0}],
                "media": [],
                "citations": [],
            },
            "links": [{"url": "https://acme.example/looms", "text": "good", "kind": "external"}],
            "language": {"code": "en", "confidence": 0.833, "script": "latin", "candidates": [], "given": False},
            "statistics": {"characters": 117, "words": 22, "distinct_words": 20, "sentences": 4, "paragraphs": 2},
            "readability": {
                "score": 0.8204,
                "flesch": 82.04,
                "grade": 3.18,
                "lix": 19.14,
                "words_per_sentence": 5.5,
                "complex_words": 2,
                "complex_share": 0.0909,
            },
            "keywords": [{"keyword": "loom weaves cloth", "score": 1.0, "count": 1, "start": 9, "end": 26}],
            "concepts": [
                {
                    "name": "Ada Lovelace wrote",
                    "category": "General",
                    "relevance": 1.0,
                    "confidence": 1.0,
                    "count": 1,
                    "description": "Ada Lovelace wrote about the loom in London.",
                    "related": [],
                    "mentions": [
                        {
                            "start": 38,
                            "end": 56,
                            "context": "Looms\n"
                            "\n"
                            "A loom weaves cloth from yarn. Ada Lovelace wrote about "
                            "the loom in London. It is a good ",
                        }
                    ],
                }
            ],
            "entities": [
                {
                    "name": "Ada Lovelace",
                    "type": "Person",
                    "confidence": 0.85,
                    "count": 1,
                    "mentions": [{"start": 38, "end": 50}],
                }
            ],
            "sentiment": {
                "label": "positive",
                "score": 0.4,
                "positive": 0.4762,
                "negative": 0.0,
                "neutral": 0.5238,
                "confidence": 0.7,
            },
            "difficulty": {
                "level": "Beginner",
                "score": 0.1929,
                "vocabulary_complexity": 0.2272,
                "concept_density": 0.2273,
                "sentence_complexity": 0.1375,
                "cognitive_load": 0.1937,
                "target_audience": "general readers",
                "prerequisites": [],
                "reading_minutes": 0.11,
            },
            "quality": {
                "overall": 0.625,
                "readability": 0.8204,
                "completeness": 0.2,
                "accuracy": 0.6,
                "coherence": 0.4,
                "grammar": 1.0,
                "vocabulary": 0.9091,
                "structure": 0.6,
                "issues": [],
            },
            "objectives": [
                {
                    "description": "Name and describe Ada Lovelace wrote",
                    "bloom_level": "Remember",
                    "confidence": 0.8,
                    "concepts": ["Ada Lovelace wrote"],
                    "assessment": ["Ask for a definition of Ada Lovelace wrote."],
                }
            ],
            "summary": {
                "text": "A loom weaves cloth from yarn. Ada Lovelace wrote about the loom in London. "
                "It is a good and reliable machine.",
                "sentences": [{"start": 7, "end": 37}],
                "method": "extractive",
            },
            "timings_ms": {"parse": 0.9, "language": 0.1, "concepts": 0.3},
            "method": "offline",
            "refined": None,
            "plugin_results": None,
            "warnings": [],
            "errors": [],
            "processing_ms": 2.4,
        },
    }
}
