#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Train the span reader from SQuAD-format files: a model folder out.

Stop it at will (Ctrl-C or SIGTERM): it saves, and the same command goes on from there.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from tqdm import tqdm
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.encoder import default_model_folder, weights_id
from rag.training import negatives
from rag.training.batches import Example, Layout
from rag.training.check import validate
from rag.training.examples import Material, load
from rag.training.loop import Trainer, freeze
from rag.training.plan import Plan
from rag.training.sampler import Sampler
from rag.training.teacher import Notes, Teacher, Teaching, together
from scripts.arguments import Help, model_folder, positive, share
from scripts.ending import attempted

DEFAULTS = Plan()
SAVED_EVERY_S = 600.0  # at most so much is lost with a machine that goes away


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=Help)
    parser.add_argument(
        "--train", type=Path, nargs="+", required=True, help="SQuAD-format files (.json, .json.gz)"
    )
    parser.add_argument(
        "--valid", type=Path, nargs="+", required=True, help="files that checkpoints are judged on"
    )
    parser.add_argument(
        "--base",
        type=model_folder,
        help="encoder folder to start from (default: the embedding model)",
    )
    parser.add_argument(
        "--teacher",
        type=model_folder,
        nargs="+",
        default=[],
        help="model folders of trained readers to learn from as well, best larger ones or several",
    )
    parser.add_argument(
        "--distil",
        type=share,
        default=DEFAULTS.distil,
        help="share of the loss that is against the teachers, where there are any",
    )
    parser.add_argument(
        "--repeat",
        type=int,
        default=DEFAULTS.repeat,
        help="go over the batches of so many steps again and again; "
        "from the second time on teachers cost nothing",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder of the checkpoint; the weights are in its model/",
    )
    parser.add_argument(
        "--steps", type=positive, default=DEFAULTS.steps, help="to the end of the schedule"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=0.0,
        help="end by the clock instead of by steps; it goes on where the process is merely "
        "suspended, so end that and start it again",
    )
    parser.add_argument(
        "--learning-rate", type=float, default=DEFAULTS.learning_rate, help="at its peak"
    )
    parser.add_argument(
        "--dropout", type=share, default=DEFAULTS.dropout, help="for further passes over the data"
    )
    parser.add_argument(
        "--frozen-layers",
        type=int,
        default=DEFAULTS.frozen_layers,
        help="lower layers that stay as they are, for a large base on a slow machine",
    )
    parser.add_argument(
        "--token-budget", type=positive, default=DEFAULTS.token_budget, help="tokens in a batch"
    )
    parser.add_argument(
        "--max-tokens",
        type=int,
        default=DEFAULTS.max_tokens,
        help="longer passages are cut around the answer; few for a large base on a slow machine",
    )
    parser.add_argument(
        "--negative-share",
        type=share,
        default=DEFAULTS.negative_share,
        help="of the examples, those that are made unanswerable",
    )
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed, help="of all that is drawn")
    parser.add_argument(
        "--check-questions", type=positive, default=400, help="validation questions at each check"
    )
    parser.add_argument(
        "--stop-after", type=int, default=0, help="stop (and save) after so many steps"
    )
    return parser.parse_args()


def mined_negatives(material: Material, folder: Path, device: str) -> np.ndarray:
    """Contexts without the answer that the retriever puts nearest, kept beside the checkpoint.

    The file is named by the digest of the material: of other material there is another.
    """
    path = folder / f"negatives-{material.digest()[:16]}.npy"
    if path.exists():
        stored: np.ndarray = np.load(path, allow_pickle=False)
        return stored
    mined = negatives.mine(
        material,
        negatives.embed([q.text for q in material.questions], device),
        negatives.embed([c.text for c in material.contexts], device),
    )
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.save(file, mined)
    temporary.replace(path)
    return mined


class Check:
    """Judges the averaged weights on validation questions and exports them."""

    def __init__(self, options: argparse.Namespace, base: str, tokenizer: Any, device: str) -> None:
        """Load the validation files and draw the questions."""
        self._tokenizer, self._device = tokenizer, device
        self._folder = options.out / "model"
        self._material = load(options.valid, tokenizer)
        self._model = new_model(base, 0.0).to(device).float()  # a base may be kept in float16
        answerable = [i for i, q in enumerate(self._material.questions) if q.answers]
        picks = np.random.default_rng(0).permutation(answerable)
        self._picks = picks[: options.check_questions]

    def __call__(self, trainer: Trainer, loss: float) -> None:
        """Add a row to the history, print it, write the model folder."""
        model = trainer.averaged(self._model)
        figures = validate(model, self._tokenizer, self._material, self._picks, self._device)
        progress = trainer.progress
        figures |= {
            "step": progress.step,
            "seconds": round(progress.seconds),
            "examples": progress.examples,
            "loss": loss,
        }
        progress.history.append(figures)
        print(time.strftime("%H:%M"), json.dumps(figures), flush=True)
        self._model.half().save_pretrained(self._folder)
        self._model.float()
        self._tokenizer.save_pretrained(self._folder)


def new_model(base: str, dropout: float) -> Any:
    """A span model on the base encoder."""
    return AutoModelForQuestionAnswering.from_pretrained(
        base,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=0.0,  # random numbers for each pair of tokens: too slow
        attn_implementation="eager",
    )


def train(
    trainer: Trainer,
    batches: Iterable[list[Example]],
    check: Callable[[Trainer, float], None],
    stop_after: int,
) -> None:
    """Step until the schedule is over or a signal says to stop; save at every check and between.

    A run that is over already is left as it is.
    """
    if _over(trainer, stop_after):
        print(f"nothing is left to do at step {trainer.progress.step}", flush=True)
        return
    losses: list[float] = []
    saved = time.monotonic()
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stopped.append(received))
    with tqdm(total=1000, unit="‰", mininterval=30) as bar:
        for batch in batches:
            losses.append(trainer.step(batch))
            step = trainer.progress.step
            bar.n = round(1000 * trainer.share_done())
            bar.set_postfix(step=step, loss=f"{np.mean(losses[-100:]):.3f}", refresh=False)
            bar.update(0)
            over = _over(trainer, stop_after)
            checked = over or step % trainer.plan.check_every == 0
            if checked:
                check(trainer, float(np.mean(losses)))
                losses.clear()
            if checked or stopped or time.monotonic() - saved >= SAVED_EVERY_S:
                trainer.save()
                saved = time.monotonic()
            if over:
                return
            if stopped:
                print(f"stopped at step {step}", flush=True)
                return


def _over(trainer: Trainer, stop_after: int) -> bool:
    """Whether the schedule is, or the run came as far as it was to go (0: to the end)."""
    return trainer.share_done() >= 1 or 0 < stop_after <= trainer.progress.step


def main() -> int:
    """Train, or say what is wrong with the files; returns the exit status."""
    return attempted("train_reader", lambda: run(arguments()))


def run(options: argparse.Namespace) -> None:
    """Load, mine, train."""
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    base = str(options.base or default_model_folder())
    tokenizer = AutoTokenizer.from_pretrained(base)
    plan = Plan(
        steps=options.steps,
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        dropout=options.dropout,
        frozen_layers=options.frozen_layers,
        token_budget=options.token_budget,
        max_tokens=options.max_tokens,
        negative_share=options.negative_share,
        distil=options.distil,
        repeat=options.repeat,
        seed=options.seed,
    )
    material = load(options.train, tokenizer)
    count = f"{len(material.questions):,} questions on {len(material.contexts):,} passages"
    print(count, flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    mined = mined_negatives(material, options.out, device)
    teachers = [Teacher(folder, tokenizer, device) for folder in options.teacher]
    ids = [teacher.weights_id for teacher in teachers]
    teaching: Teaching | None = together(teachers) if teachers else None
    if teaching and plan.repeat:
        teaching = Notes(teaching, options.out / "taught", device, ids)
    model = new_model(base, plan.dropout)
    base_id = weights_id(model.base_model.state_dict())
    freeze(model, plan.frozen_layers)
    trainer = Trainer(model, Layout.of(tokenizer), plan, options.out, device, teaching)
    trainer.learns_from = {"train": material.digest(), "base": base_id, "teacher": " ".join(ids)}
    if trainer.resume():
        print(f"resumed at step {trainer.progress.step}", flush=True)
    sampler = Sampler(material, mined, tokenizer, plan)
    check = Check(options, base, tokenizer, device)
    train(trainer, sampler.batches(trainer.progress.step), check, options.stop_after)


if __name__ == "__main__":
    sys.exit(main())
