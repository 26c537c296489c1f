#!/usr/bin/env python3
"""Train the span reader from SQuAD-format files: a model folder out.

Stop it at will (Ctrl-C or SIGTERM): it saves, and the same command goes on from there.
"""

import argparse
import json
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch
from tqdm import tqdm
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.training import negatives
from rag.training.check import validate
from rag.training.examples import Material, load
from rag.training.loop import Trainer
from rag.training.plan import Plan
from rag.training.sampler import Sampler

DEFAULTS = Plan()


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--train", type=Path, nargs="+", required=True, help="SQuAD-format files (.json, .json.gz)"
    )
    parser.add_argument(
        "--valid", type=Path, nargs="+", required=True, help="files that checkpoints are judged on"
    )
    parser.add_argument(
        "--base", default="", help="encoder folder to start from (default: the embedding model)"
    )
    parser.add_argument("--out", type=Path, required=True, help="checkpoint and model folder")
    parser.add_argument("--steps", type=int, default=DEFAULTS.steps)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="end by the clock instead of by steps"
    )
    parser.add_argument("--learning-rate", type=float, default=DEFAULTS.learning_rate)
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument(
        "--check-questions", type=int, default=400, help="validation questions at each check"
    )
    parser.add_argument(
        "--stop-after", type=int, default=0, help="stop (and save) after so many steps"
    )
    return parser.parse_args()


def mined_negatives(material: Material, base: str, path: Path, device: str) -> np.ndarray:
    """Nearest contexts without the answer, kept beside the checkpoint."""
    if path.exists():
        stored: np.ndarray = np.load(path, allow_pickle=False)
        return stored
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(base, device=device).bfloat16()
    mined = negatives.mine(
        material,
        negatives.embed([q.text for q in material.questions], encoder),
        negatives.embed([c.text for c in material.contexts], encoder),
    )
    np.save(path, mined)
    return mined


def main() -> None:
    """Load, mine, train, check, save."""
    options = arguments()
    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    base = options.base
    if not base:
        from rag.encoder import default_model_folder

        base = str(default_model_folder())
    tokenizer = AutoTokenizer.from_pretrained(base)
    plan = replace(
        Plan(),
        steps=options.steps,
        minutes=options.minutes,
        learning_rate=options.learning_rate,
        seed=options.seed,
    )
    material = load(options.train, tokenizer)
    valid = load(options.valid, tokenizer)
    print(
        f"{len(material.questions):,} questions on {len(material.contexts):,} passages", flush=True
    )
    options.out.mkdir(parents=True, exist_ok=True)
    mined = mined_negatives(material, base, options.out / "negatives.npy", device)
    shape = {
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "attn_implementation": "eager",
    }
    trainer = Trainer(
        AutoModelForQuestionAnswering.from_pretrained(base, **shape), plan, options.out, device
    )
    averaged = AutoModelForQuestionAnswering.from_pretrained(base, **shape).to(device)
    if trainer.resume():
        print(f"resumed at step {trainer.progress.step}", flush=True)
    answerable = [i for i, q in enumerate(valid.questions) if q.answers]
    picks = np.random.default_rng(0).permutation(answerable)[: options.check_questions]
    sampler = Sampler(material, mined, tokenizer, plan)
    losses: list[float] = []
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stopped.append(received))
    with tqdm(total=1000, unit="‰", mininterval=30) as bar:
        for batch in sampler.batches(skip=trainer.progress.step):
            losses.append(trainer.step(batch))
            bar.n = round(1000 * trainer.share_done())
            bar.set_postfix(
                step=trainer.progress.step, loss=f"{np.mean(losses[-100:]):.3f}", refresh=False
            )
            bar.update(0)
            over = trainer.share_done() >= 1 or trainer.progress.step == options.stop_after
            if over or trainer.progress.step % plan.check_every == 0:
                figures = validate(trainer.averaged(averaged), tokenizer, valid, picks, device)
                figures |= {
                    "step": trainer.progress.step,
                    "seconds": round(trainer.progress.seconds),
                    "examples": trainer.progress.examples,
                    "loss": float(np.mean(losses)),
                }
                losses.clear()
                trainer.progress.history.append(figures)
                print(time.strftime("%H:%M"), json.dumps(figures), flush=True)
                trainer.save()
                averaged.half().save_pretrained(options.out / "model")
                tokenizer.save_pretrained(options.out / "model")
                averaged.float()
            if over:
                return
            if stopped:
                trainer.save()
                print(f"stopped at step {trainer.progress.step}", flush=True)
                return


if __name__ == "__main__":
    main()
