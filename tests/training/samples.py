"""SQuAD-format articles of our own."""

from collections.abc import Mapping
from typing import Any


def article(passages: Mapping[str, Mapping[str, str | None]]) -> dict[str, Any]:
    """One article; of each passage the questions and their answers, None: it has none."""
    return {
        "title": "Own",
        "paragraphs": [
            {
                "context": passage,
                "qas": [
                    {
                        "id": question,
                        "question": question,
                        "answers": [{"text": answer, "answer_start": passage.index(answer)}]
                        if answer
                        else [],
                    }
                    for question, answer in asked.items()
                ],
            }
            for passage, asked in passages.items()
        ],
    }
