"""The figures of a report for people: what they are called and what they say."""

import re
from collections.abc import Mapping
from datetime import datetime

_SHA256 = re.compile(r"[0-9a-f]{64}")

FAILURES: Mapping[str, tuple[str, str]] = {
    "not_asked": ("not asked", "the question could not be asked, as where it is too long"),
    "not_retrieved": (
        "not retrieved",
        "no passage that holds the answer was among those that were read",
    ),
    "misread": ("retrieved but misread", "such a passage was read, and another answer came"),
    "abstained": ("abstained wrongly", "such a passage was read, and no answer came"),
    "answered_unanswerable": (
        "answered the unanswerable",
        "the documents hold no answer, and one was given",
    ),
    "gold_questionable": (
        "gold questionable",
        "the answer overlaps an accepted one, is part of it, or stands in several passages read",
    ),
}
"""Class of failure -> its name and what it means, in the order they are shown."""

FIRST_RELEVANT: Mapping[str, tuple[str, str]] = {
    "first": ("at rank 1", "the first document of the ranking is relevant"),
    "ten": ("at rank 2 to 10", "the first relevant one is further down on the first page"),
    "deeper": ("after rank 10", "the first relevant one is found, but deep"),
    "none": ("not found", "the ranking, as far as it is kept, holds no relevant document"),
}
"""Where the first relevant document of a query stands -> its name and what it means."""

CHECKSUMS: Mapping[str, str] = {
    "questions": "questions and what is accepted",
    "documents": "texts of the documents",
    "encoder": "weights of the encoder",
    "reader": "weights of the reader",
    "reader_files": "configuration and tokenizer of the reader",
    "program": "source of citespan",
}
"""Checksum of a run -> what it is of."""

FIGURES: Mapping[str, tuple[str, str]] = {
    "retrieval.recall": (
        "Recall@k",
        "share of what answers a question that is among the first k passages, or documents",
    ),
    "retrieval.success": ("Success@k", "share of questions with any of it among the first k"),
    "retrieval.mrr": ("MRR@10", "1 / rank of the first that answers, 0 beyond rank 10, averaged"),
    "retrieval.ndcg": ("nDCG@10", "gain by rank and relevance, as a share of the best order's"),
    "qa.exact_match": (
        "Exact match",
        "the answer is an accepted one, whatever its case, punctuation and articles",
    ),
    "qa.f1": (
        "F1",
        "words shared with the closest accepted answer; 1 for none where there is none, else 0",
    ),
    "qa.right": ("Right", "F1 of at least 0.5, or the answer holds an accepted one"),
    "qa.answerable.exact_match": ("Exact match, answerable", ""),
    "qa.answerable.f1": ("F1, answerable", ""),
    "qa.unanswerable.right": (
        "Right, unanswerable",
        "share of the unanswerable questions left unanswered: their exact match and F1 too",
    ),
    "qa.abstention.precision": (
        "Abstention precision",
        "share of the questions left unanswered that are unanswerable",
    ),
    "qa.abstention.recall": (
        "Abstention recall",
        "share of the unanswerable questions that were left unanswered",
    ),
    "qa.auroc": ("AUROC", "chance that a right answer has more confidence than a wrong one"),
    "qa.auroc_answerable": (
        "AUROC, answerable",
        "chance that an answerable question has more confidence than an unanswerable one",
    ),
    "qa.risk_coverage_area": (
        "Risk-coverage area",
        "share of wrong answers, averaged over all shares of questions answered; lower is better",
    ),
    "calibration.ece": (
        "ECE",
        "expected calibration error: confidence against share right in ten bins; lower is better",
    ),
    "calibration.brier": (
        "Brier score",
        "squared distance of confidence and outcome, averaged; lower is better",
    ),
    "citations.verbatim": (
        "Verbatim",
        "share of quotes that stand in their document character by character",
    ),
    "citations.precision": (
        "Citation precision",
        "share of the passages cited for an answer that hold an accepted answer",
    ),
    "evidence.word_f1": ("Word F1", "words found as evidence against those marked, by question"),
    "evidence.pooled_f1": ("Word F1, pooled", "the same over the words of all questions"),
    "evidence.pooled_precision": ("Precision, pooled", "share of the words found that are marked"),
    "evidence.pooled_recall": ("Recall, pooled", "share of the marked words that were found"),
}
"""Figure by its dotted name, without ``@k`` -> its name and what it says."""

STAGES: Mapping[str, str] = {
    "total": "whole question",
    "retrieve": "retrieving",
    "read": "reading",
    "compose": "composing",
}
"""Stage of a question's time -> its name, in the order they are shown."""


def named(name: str) -> str:
    """What a figure is called, by its dotted name."""
    stem, _, k = name.partition("@")
    if stem.startswith("retrieval.") and stem not in FIGURES:  # a ranking of its own
        _, kind, stem = stem.split(".")
        return f"{named(f'retrieval.{stem}@{k}')}, {kind}"
    if name == "latency_ms.p50":
        return "Median time in ms"
    words = FIGURES[stem][0] if stem in FIGURES else stem.replace(".", " ").replace("_", " ")
    return words.replace("@k", f"@{k}")


def explained(names: list[str]) -> list[tuple[str, str]]:
    """What the figures say, each kind once: name and words."""
    stems = dict.fromkeys(name.partition("@")[0] for name in names)
    return [FIGURES[stem] for stem in stems if stem in FIGURES and FIGURES[stem][1]]


def date(moment: str) -> str:
    """A moment as ``about.now`` writes it, for people: 5 March 2026, 14:05 UTC."""
    found = datetime.fromisoformat(moment)
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def differs(name: str, old: object, new: object) -> str:
    """A thing in which two runs differ, with its value in each."""
    of = name.removeprefix("checksum of ")
    told = f"checksum, {CHECKSUMS[of]}" if of != name and of in CHECKSUMS else name
    return f"{told}: {shortened(old)} → {shortened(new)}"


def shortened(value: object) -> object:
    """A value as people read it: a checksum by its first digits, "–" for what is not set."""
    if value is None or value == "":
        return "–"
    return value[:12] if isinstance(value, str) and _SHA256.fullmatch(value) else value
