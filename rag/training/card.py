"""The model card and the picture of the run, written from what the run recorded."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers import AutoModel

from rag.encoder import default_model_folder, weights_id
from rag.errors import ModelError
from rag.training.loop import Progress
from rag.training.plan import Plan

CARD = "MODEL_CARD.md"
CURVES = "training.png"
RUNS = "runs.json"
CALIBRATION = "calibration.png"
WEIGHTS = "model.safetensors"

LICENCES = {
    "squad11": "SQuAD 1.1, CC BY-SA 4.0",
    "squadshifts": "SQuADShifts, CC BY 4.0; its passages keep the terms of their sources",
    "subjqa": "SubjQA; its reviews keep the terms of their sources",
    "fairytaleqa": "FairytaleQA, Apache-2.0",
}
"""File name prefix -> where the data is from and its licence."""

_PARTS = ("plan", "progress")

_HEAD = """\
# citespan reader

Extractive question answering: start and end of the answer in a passage, and "no answer" at the
first token, as in SQuAD 2.0. {size}, float16 weights.
Loads with `AutoModelForQuestionAnswering`. Licence of the weights: Apache-2.0.

{start}rained by `scripts/train_reader.py`.
"""
_SHIPPED = "Started from the weights of all-MiniLM-L6-v2 (Apache-2.0), t"
_SIZES = ("model_type", "num_hidden_layers", "hidden_size")


@dataclass(frozen=True, slots=True)
class Sources:
    """What a card is made of.

    ``runs`` are the training folders, one after the other (none: what an earlier card kept of
    them beside the model); ``reports`` those of
    ``scripts/evaluate.py`` by the name under which they are shown; ``calibration`` is the report of
    ``scripts/fit_calibration.py``; ``notes`` are Markdown.
    """

    runs: Sequence[Path]
    train: Sequence[Path]
    reports: Mapping[str, Mapping[str, Any]]
    calibration: Mapping[str, Any] | None = None
    notes: str = ""


def write_card(folder: Path, sources: Sources) -> None:
    """Write ``MODEL_CARD.md`` and its pictures into the model's folder.

    Raises:
        ImportError: matplotlib is missing: ``pip install 'citespan[train]'``.
        ModelError: no run is named, and no earlier card kept any; or a run or the model is broken.
    """
    named = ", ".join(map(str, sources.runs)) or folder / RUNS
    try:
        told = _told(folder, sources.runs)
        courses = [(Plan(**row["plan"]), Progress(**row["progress"])) for row in told]
        texts = [_course(plan, progress, part) for part, (plan, progress) in enumerate(courses, 1)]
        base = told[0].get("base")
    except (ValueError, LookupError, TypeError, AttributeError, SafetensorError) as error:
        raise ModelError(
            f"{named}: no record of scripts/train_reader.py ({error!r}); "
            "name the folders of its training runs (--run)"
        ) from error
    parts = [
        _head(folder, base),
        _data(sources.train),
        *texts,
        f"![Loss and validation]({CURVES})",
        _figures(sources.reports),
        _calibration(sources.calibration),
        sources.notes,
    ]
    draw_curves([progress for _, progress in courses], folder / CURVES)
    if sources.calibration:
        draw_calibration(sources.calibration, folder / CALIBRATION)
    (folder / RUNS).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    (folder / CARD).write_text("\n".join(part.rstrip() + "\n" for part in parts if part), "utf-8")


def _told(folder: Path, runs: Sequence[Path]) -> list[dict[str, Any]]:
    """What was planned and what happened in each run, or in those that the last card kept."""
    if runs:
        return [
            {part: json.loads((run / f"{part}.json").read_text("utf-8")) for part in _PARTS}
            | _base(run)
            for run in runs
        ]
    kept = folder / RUNS
    if not kept.exists():
        raise ModelError(f"{kept}: missing; name the folders of its training runs (--run)")
    rows: list[dict[str, Any]] = json.loads(kept.read_text("utf-8"))
    return rows


def _base(run: Path) -> dict[str, str]:
    """Which weights a run started from, under ``base`` (``weights_id``); older ones do not tell."""
    path = run / "state.safetensors"
    if not path.exists():
        return {}
    with safe_open(path, "np") as file:
        given = json.loads((file.metadata() or {}).get("given", "{}"))
    return {"base": given["base"]} if "base" in given else {}


def _head(folder: Path, base: str | None) -> str:
    """What the model is, and where its weights started if that was the shipped encoder."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        kind, layers, width = (config[name] for name in _SIZES)
        with safe_open(folder / WEIGHTS, "np") as weights:
            shapes = [weights.get_slice(name).get_shape() for name in weights.keys()]  # noqa: SIM118 - no mapping
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise ModelError(f"{folder}: no model ({error}); give a reader's with --model") from error
    millions = sum(map(math.prod, shapes)) / 1e6
    size = f"{kind.upper()} of {layers} layers, {width} wide, {millions:.1f} M parameters"
    return _HEAD.format(size=size, start=_SHIPPED if _is_shipped(base, config) else "T")


def _is_shipped(base: str | None, config: Mapping[str, Any]) -> bool:
    """Whether a model started from the shipped encoder; of an older run its size tells."""
    folder = default_model_folder()
    if base is None:
        shipped = json.loads((folder / "config.json").read_text("utf-8"))
        return all(config[name] == shipped[name] for name in _SIZES)
    encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)  # as below a span model
    return base == weights_id(encoder.state_dict())


def draw_curves(runs: Sequence[Progress], path: Path) -> None:
    """Training loss and validation F1 over the examples seen in all runs, as a PNG.

    Raises:
        ImportError: matplotlib is missing.
    """
    seen, rows, before = [], [], 0
    for run in runs:
        seen += [(before + row["examples"]) / 1000 for row in run.history]
        rows += run.history
        before += run.examples
    figure = _figure()
    loss, f1 = figure.subplots(1, 2)
    loss.plot(seen, [row["loss"] for row in rows], marker="o")
    loss.set(title="training loss", xlabel="thousand examples")
    f1.plot(seen, [100 * row["f1"] for row in rows], marker="o", label="F1")
    f1.plot(seen, [100 * row["exact_match"] for row in rows], marker="o", label="EM")
    f1.set(title="validation, averaged weights", xlabel="thousand examples")
    f1.legend()
    figure.savefig(path, dpi=80)


def draw_calibration(report: Mapping[str, Any], path: Path) -> None:
    """Reliability diagram and risk-coverage curve, as a PNG.

    Raises:
        ImportError: matplotlib is missing.
    """
    figure = _figure()
    reliable, risk = figure.subplots(1, 2)
    reliable.plot([0, 1], [0, 1], color="grey", linestyle=":")
    reliable.plot(*zip(*report["reliability"], strict=True), marker="o")
    reliable.set(title="reliability", xlabel="confidence", ylabel="share right")
    risk.plot(*zip(*report["risk_coverage"], strict=True))
    risk.set(title="risk and coverage", xlabel="share answered", ylabel="share wrong", ylim=(0, 1))
    figure.savefig(path, dpi=80)


def _figure() -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "the pictures need matplotlib: pip install 'citespan[train]', "
            "in a checkout .venv/bin/pip install -c constraints.txt -e '.[train]'"
        ) from error
    return Figure(figsize=(8, 3), layout="constrained")


def _data(train: Sequence[Path]) -> str:
    lines = ["## Data", ""]
    for path in sorted(train):
        licence = next((text for key, text in LICENCES.items() if path.name.startswith(key)), "")
        lines.append(f"- `{path.name}`: {licence or 'given by the user'}")
    return "\n".join(lines)


def _course(plan: Plan, progress: Progress, part: int) -> str:
    lines = [f"## Training, part {part}", "", "| setting | value |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in asdict(plan).items()]
    lines += [
        "",
        (
            f"{progress.step:,} steps, {progress.examples:,} examples, "
            f"{progress.seconds / 60:.0f} minutes."
        ),
        "",
        "| step | examples | loss | EM | F1 | AUROC against another passage |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['step']:.0f} | {row['examples']:,.0f} | {row['loss']:.3f} | "
        f"{100 * row['exact_match']:.1f} | {100 * row['f1']:.1f} | {row['auroc']:.3f} |"
        for row in progress.history
    ]
    return "\n".join(lines)


def _figures(reports: Mapping[str, Mapping[str, Any]]) -> str:
    if not reports:
        return ""
    lines = [
        "## Validation",
        "",
        "Reports of `scripts/evaluate.py`; F1 and EM as in SQuAD 2.0, in percent.",
        "",
        "| set | questions | EM | F1 | F1 answerable | ECE | AUROC |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, report in reports.items():
        qa = report["qa"]
        shares = (qa["exact_match"], qa["f1"], qa["answerable"]["f1"])
        percent = " | ".join("" if share is None else f"{100 * share:.1f}" for share in shares)
        ranks = (report["calibration"]["ece"], qa["auroc"])
        plain = " | ".join("" if value is None else f"{value:.3f}" for value in ranks)
        lines.append(f"| {name} | {report['questions']:,} | {percent} | {plain} |")
    return "\n".join(lines)


def _calibration(report: Mapping[str, Any] | None) -> str:
    if not report:
        return ""
    names = [name for name in report["sets"]["all"] if name != "questions"]
    lines = [
        "## Calibration",
        "",
        "Validation questions, asked of all passages of their set: half as they are, a quarter",
        "with their own document left out, a quarter altered so that it does not answer them.",
        "Fitted on all; each half is told of by what was fitted on the other alone",
        "(`scripts/fit_calibration.py`).",
        "",
        f"| set | questions | {' | '.join(names)} |",
        f"|---|{'---:|' * (len(names) + 1)}",
    ]
    for name, row in report["sets"].items():
        cells = " | ".join("" if row[key] is None else f"{row[key]:.3f}" for key in names)
        lines.append(f"| {name} | {row['questions']:,} | {cells} |")
    return "\n".join([*lines, "", f"![Reliability, risk and coverage]({CALIBRATION})"])
