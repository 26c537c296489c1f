"""The comparison as a record, and as a Markdown table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scripts.peers.scoring import Quality, Speed

HEAD = (
    "system",
    "index",
    "p50",
    "p95",
    "times our p50",
    "memory",
    "R@5",
    "F1 / EM",
    "F1 / EM, always answering",
    "verbatim",
    "at its offsets",
    "failed",
)
NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One system. ``always`` is None where it has no mode that always answers."""

    peer: str
    load_s: float
    index_s: float
    peak_memory_mb: int
    recall: float
    speed: Speed
    default: Quality
    always: Quality | None
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """What it ran on."""

    cpu: str
    cores: int
    threads: int
    python: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it. ``questions`` were drawn from ``file`` with ``seed``."""

    machine: Machine
    file: str
    questions: int
    seed: int
    paragraphs: int
    top_k: int
    dtype: str
    rows: tuple[Row, ...]


def markdown(found: Comparison) -> str:
    """The table, and under it what it was measured on; times compare with the first row's."""
    return "\n".join([*_table(found.rows, found.top_k), "", *_facts(found)]) + "\n"


def _table(rows: Sequence[Row], top_k: int) -> Iterator[str]:
    yield _line([name.replace("R@5", f"R@{top_k}") for name in HEAD])
    yield _line(["---"] + ["---:"] * (len(HEAD) - 1))
    for row in rows:
        yield _line(
            [
                row.peer,
                f"{row.index_s:,.1f} s",
                f"{row.speed.p50_ms:,.0f} ms",
                f"{row.speed.p95_ms:,.0f} ms",
                f"{row.speed.p50_ms / rows[0].speed.p50_ms:.1f}",
                f"{row.peak_memory_mb:,} MB",
                _percent(row.recall),
                _answers(row.default),
                _answers(row.always),
                _percent(row.default.verbatim),
                _percent(row.default.cited),
                f"{row.default.errors:,}",
            ]
        )


def _facts(found: Comparison) -> Iterator[str]:
    machine = found.machine
    yield (
        f"{found.questions:,} questions of {found.file} (seed {found.seed}), "
        f"{found.paragraphs:,} paragraphs, {found.top_k} read for a question; {machine.cpu}, "
        f"{machine.cores} cores, {machine.threads} threads, Python {machine.python}; "
        f"the peers' reader in {found.dtype}."
    )
    yield f"Versions: {', '.join(sorted({v for row in found.rows for v in row.versions}))}."


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _answers(found: Quality | None) -> str:
    return NONE if found is None else f"{100 * found.f1:.1f} / {100 * found.exact_match:.1f}"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{100 * value:.1f} %"
