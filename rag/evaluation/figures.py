"""The table of figures in the README: kept as JSON, made from reports, never written by hand."""

import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.config import Settings
from rag.errors import LoadError
from rag.evaluation.compare import read_answers
from rag.evaluation.report import Json, figure

BEGIN, END = "<!-- figures -->", "<!-- /figures -->"

_HEADINGS = (
    "question set | questions | recall@1 | recall@5 | recall@10 | exact match | F1 | verbatim "
    "| ECE | AUROC"
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table. Shares are 0 to 1; None: the report has no such figure."""

    name: str
    command: str
    questions: int
    recall_at_1: float | None
    recall_at_5: float | None
    recall_at_10: float | None
    exact_match: float | None
    f1: float | None
    verbatim: float | None
    ece: float | None
    auroc: float | None


def figures_of(path: Path, name: str = "") -> Figures:
    """The figures of a ``report.json``; ``name`` is that of the question set ("": its file's).

    Raises:
        LoadError: the file is no report on answered questions.
    """
    report = read_answers(path)
    alone = " (reader alone)" if report["run"]["gold_passages"] else ""
    retrieval = [
        figure(report, f"retrieval.recall@{k}") if report["retrieval"] else None for k in (1, 5, 10)
    ]
    names = ("qa.exact_match", "qa.f1", "citations.verbatim", "calibration.ece", "qa.auroc")
    return Figures(
        f"{name or report['corpus']['file'].split('.')[0]}{alone}",
        _command(report),
        report["questions"],
        *retrieval,
        *(figure(report, name) for name in names),
    )


def load(path: Path) -> list[Figures]:
    """The figures that ``save`` wrote.

    Raises:
        LoadError: the file cannot be read or holds something else.
    """
    try:
        return [Figures(**row) for row in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise LoadError(f"{path}: not a file of figures ({error}); make it anew") from error


def save(path: Path, rows: Iterable[Figures]) -> None:
    """Write figures as JSON, rounded to what the table can show, with one spare digit."""
    content = [
        {k: round(v, 5) if isinstance(v, float) else v for k, v in asdict(row).items()}
        for row in rows
    ]
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def markdown(rows: Sequence[Figures]) -> str:
    """The table, and the commands that give it."""
    if not rows:
        return ""
    lines = [f"| {_HEADINGS} |", f"|---|{'---:|' * _HEADINGS.count('|')}"]
    for row in rows:
        shares = (row.recall_at_1, row.recall_at_5, row.recall_at_10, row.exact_match, row.f1)
        cells = [row.name, f"{row.questions:,}", *(_percent(s) for s in (*shares, row.verbatim))]
        cells += [_decimal(row.ece), _decimal(row.auroc)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "```bash", *dict.fromkeys(row.command for row in rows), "```"]
    return "\n".join(lines)


def insert(text: str, table: str) -> str:
    """The text with the table between its two markers.

    Raises:
        LoadError: the text lacks a marker.
    """
    before, begin, after = text.partition(BEGIN)
    _, end, rest = after.partition(END)
    if not begin or not end:
        raise LoadError(f"the markers {BEGIN} and {END} are missing; put them where the table goes")
    between = f"\n{table}\n" if table else ""
    return f"{before}{BEGIN}\n{between}{END}{rest}"


def _command(report: Json) -> str:
    """The command that gives the report; settings that are the usual ones are left out."""
    usual = asdict(Settings())
    changed = {
        name: value
        for name, value in report["run"]["settings"].items()
        if name in usual and value != usual[name]
    }
    parts = ["scripts/evaluate.py", "--questions", report["corpus"]["file"]]
    if documents := report["run"].get("documents"):  # older reports do not tell
        parts += ["--documents", *documents]
    for name in ("reader", "encoder", "top_k"):
        if name in changed:
            parts += [f"--{name.replace('_', '-')}", str(changed.pop(name))]
    parts += ["--gold-passages"] * report["run"]["gold_passages"]
    if (limit := report["run"].get("limit")) is not None:
        parts += ["--limit", str(limit)]
    others = ", ".join(f"{name} = {value}" for name, value in changed.items())
    return shlex.join(parts) + (f"  # --settings with {others}" if others else "")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _decimal(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
