"""The figures of a report computed anew, from ``predictions.jsonl`` and the corpus alone.

Nothing of ``rag`` is used: plain loops, regular expressions, and ir-measures for the rankings.
"""

import json
import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import ir_measures
from ir_measures import RR, R, Success, nDCG

Row = dict[str, Any]
RANKS = {"reranked": 3, "fused": 4, "dense": 6, "lexical": 7}  # their places in a retrieved row
NAMES = {
    **{f"recall@{k}": R @ k for k in (1, 3, 5, 10, 20)},
    **{f"success@{k}": Success @ k for k in (1, 5, 10)},
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}


@dataclass(frozen=True)
class Asked:
    """A question: its gold answers with their offsets (None: anywhere), and its document's id."""

    golds: Sequence[tuple[str, int | None]]
    document: str


def predictions(path: Path) -> dict[str, Row]:
    lines = map(json.loads, path.read_text("utf-8").split("\n")[:-1])
    return {line["question_id"]: line for line in lines if "question_id" in line}


def figures(
    asked: Mapping[str, Asked],
    rows: Mapping[str, Row],
    texts: Mapping[str, str],
) -> dict[str, float | None]:
    """Dotted names of the report to their values."""
    scored = {name: _scored(asked[name], rows[name]) for name in asked}
    found: dict[str, float | None] = {}
    for key in ("exact_match", "f1", "right"):
        found[f"qa.{key}"] = mean(s[key] for s in scored.values())
        for kind, wanted in (("answerable", True), ("unanswerable", False)):
            some = [scored[n][key] for n, one in asked.items() if bool(one.golds) is wanted]
            found[f"qa.{kind}.{key}"] = mean(some)
    silent = [n for n in asked if rows[n]["text"] is None and not rows[n]["error"]]
    hopeless = [n for n, one in asked.items() if not one.golds]
    found["qa.abstention.precision"] = mean(n in hopeless for n in silent)
    found["qa.abstention.recall"] = mean(n in silent for n in hopeless)
    found |= _confidence(asked, rows)
    found |= _citations(asked, rows, texts)
    found |= _rankings(asked, rows, texts)
    counts = Counter(_failure(asked[n], rows[n], texts) for n in asked)
    right = sum(s["right"] for s in scored.values())
    assert counts.total() == len(asked)
    assert counts[None] == right
    kinds = "not_asked not_retrieved misread abstained answered_unanswerable gold_questionable"
    found |= {f"failures.{kind}": counts[kind] for kind in kinds.split()}
    times = sorted(r["timings_ms"]["total"] for r in rows.values() if r["timings_ms"])
    for q in (50, 95):
        place = (len(times) - 1) * q / 100
        low, high = times[math.floor(place)], times[math.ceil(place)]
        found[f"latency_ms.p{q}"] = low + (high - low) * (place - math.floor(place))
    return found


def mean(values: Iterable[float]) -> float | None:
    listed = list(values)
    return fmean(listed) if listed else None


def words(text: str | None) -> list[str]:
    """As the SQuAD script does: lower case, no punctuation, no articles."""
    lower = re.sub(f"[{re.escape(string.punctuation)}]", "", (text or "").lower())
    return re.sub(r"\b(a|an|the)\b", " ", lower).split()


def _f1(said: list[str], gold: list[str]) -> float:
    if not said or not gold:
        return float(said == gold)
    common = (Counter(said) & Counter(gold)).total()
    return 2 * common / (len(said) + len(gold))


def _right(text: str | None, golds: Sequence[str]) -> bool:
    if text is None or not golds:
        return text is None and not golds
    said = words(text)
    for gold in map(words, golds):
        runs = [said[i : i + len(gold)] for i in range(len(said))]
        if _f1(said, gold) >= 0.5 or (gold and gold in runs):
            return True
    return False


def _scored(asked: Asked, row: Row) -> Row:
    golds = [text for text, _ in asked.golds]
    if row["error"]:
        return {"exact_match": 0.0, "f1": 0.0, "right": False}
    said, accepted = words(row["text"]), [words(gold) for gold in golds] or [[]]
    return {
        "exact_match": float(said in accepted),
        "f1": max(_f1(said, gold) for gold in accepted),
        "right": _right(row["text"], golds),
    }


def _confidence(asked: Mapping[str, Asked], rows: Mapping[str, Row]) -> dict[str, float | None]:
    pairs: list[tuple[float, bool]] = []
    asked = {name: one for name, one in asked.items() if not rows[name]["error"]}
    for name, one in asked.items():
        row = rows[name]
        if one.golds and row["candidate"] is None and row["confidence"]:
            continue  # an answer was withheld and is not known
        golds = [text for text, _ in one.golds]
        held = row["candidate"] is not None and bool(golds) and _right(row["candidate"], golds)
        pairs.append((row["confidence"], held))
    by_kind = [(rows[n]["confidence"], bool(one.golds)) for n, one in asked.items()]
    ordered = sorted(pairs, key=lambda pair: -pair[0])
    share = {c: fmean(r for other, r in pairs if other == c) for c, _ in pairs}
    risks, wrong = [], 0.0
    for count, (confidence, _) in enumerate(ordered, 1):
        wrong += 1 - share[confidence]
        risks.append(wrong / count)
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, held in pairs:
        bins.setdefault(max(0, math.ceil(confidence * 10) - 1), []).append((confidence, held))
    gaps = (abs(sum(c for c, _ in b) - sum(r for _, r in b)) for b in bins.values())
    return {
        "qa.auroc": _auroc(pairs),
        "qa.auroc_answerable": _auroc(by_kind),
        "qa.risk_coverage_area": fmean(risks),
        "calibration.ece": sum(gaps) / len(pairs),
        "calibration.brier": fmean((c - r) ** 2 for c, r in pairs),
    }


def _auroc(pairs: Sequence[tuple[float, bool]]) -> float | None:
    good, bad = ([c for c, r in pairs if r is wanted] for wanted in (True, False))
    return mean((g > b) + (g == b) / 2 for g in good for b in bad)


def _citations(
    asked: Mapping[str, Asked], rows: Mapping[str, Row], texts: Mapping[str, str]
) -> dict[str, float | None]:
    verbatim, supported = [], []
    for name, one in asked.items():
        for document, start, end, first, last, supports, quote in rows[name]["citations"]:
            verbatim.append(texts[document][start:end] == quote)
            if supports and rows[name]["text"] is not None:
                supported.append(_holds(one, texts, document, first, last))
    return {"citations.verbatim": mean(verbatim), "citations.precision": mean(supported)}


def _holds(asked: Asked, texts: Mapping[str, str], document: str, start: int, end: int) -> bool:
    if document != asked.document:
        return False
    text = " ".join(texts[document][start:end].casefold().split())
    for gold, place in asked.golds:
        if place is not None:
            if range(max(start, place), min(end, place + len(gold))):
                return True
            continue
        plain = re.escape(" ".join(gold.casefold().split()))
        left, right = r"(?<![^\W_])" if gold[0].isalnum() else "", ""
        if gold[-1].isalnum():
            right = r"(?![^\W_])"
        if re.search(f"{left}{plain}{right}", text):
            return True
    return False


def _rankings(
    asked: Mapping[str, Asked], rows: Mapping[str, Row], texts: Mapping[str, str]
) -> dict[str, float | None]:
    qrels = {name: {"gold": 1} for name, one in asked.items() if one.golds}
    found: dict[str, float | None] = {}
    for kind, column in RANKS.items():
        run: dict[str, dict[str, float]] = {}
        for name in qrels:
            scores: dict[str, float] = {}
            hits = sorted(
                (h for h in rows[name]["retrieved"] if h[column]), key=lambda h: h[column]
            )
            for hit in hits:
                own = _holds(asked[name], texts, hit[0], hit[1], hit[2])
                scores.setdefault("gold" if own else str(hit[:3]), 0.0)
            # Places among what is left once the evidence counts once.
            run[name] = {label: -float(place) for place, label in enumerate(scores)}
        values = ir_measures.calc_aggregate(NAMES.values(), qrels, run)
        head = "" if kind == "reranked" else f"{kind}."
        found |= {f"retrieval.{head}{name}": values[m] for name, m in NAMES.items()}
    return found


def _failure(asked: Asked, row: Row, texts: Mapping[str, str]) -> str | None:
    read = [hit for hit in row["retrieved"] if hit[4] and hit[4] <= row["read"]]
    if row["error"]:
        return "not_asked"
    if _right(row["text"], [text for text, _ in asked.golds]):
        return None
    if not asked.golds:
        return "answered_unanswerable"
    if row["text"] is not None and _questionable(asked, row):
        return "gold_questionable"
    if not any(_holds(asked, texts, *hit[:3]) for hit in read):
        return "not_retrieved"
    return "misread" if row["text"] is not None else "abstained"


def _questionable(asked: Asked, row: Row) -> bool:
    supporting = [cited for cited in row["citations"] if cited[5]]
    document, start, end, *_, quote = supporting[0]
    said, places = words(quote), {(cited[0], cited[3]) for cited in supporting}
    for gold, place in asked.golds:
        accepted = words(gold)
        if said and said in [accepted[i : i + len(said)] for i in range(len(accepted))]:
            return True
        known = place is not None and document == asked.document
        if known and range(max(start, place or 0), min(end, (place or 0) + len(gold))):
            return True
    return len(places) > 1
