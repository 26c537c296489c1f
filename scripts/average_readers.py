#!/usr/bin/env -S sh -c 'exec "$(dirname "$0")/python" "$0" "$@"'
"""Average the weights of several training runs of one reader: a model folder out.

Runs that start from one another, or from the same weights, lie close enough for their mean to be
better than each of them (Wortsman et al., 2022, "Model soups").
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import torch
from safetensors.torch import load_file
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.errors import ModelError, SettingsError
from scripts.ending import attempted


def main() -> int:
    """Average, or say what is wrong with the arguments; returns the exit status."""
    return attempted("average_readers", lambda: average(arguments()))


def arguments() -> argparse.Namespace:
    """Command-line arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run", type=Path, nargs="+", required=True, help="folders of scripts/train_reader.py"
    )
    parser.add_argument("--out", type=Path, required=True, help="model folder, a new one")
    return parser.parse_args()


def average(asked: argparse.Namespace) -> None:
    """Load what every run exported, the moving average of its weights; write their mean.

    Raises:
        SettingsError: ``--out`` holds files: the calibration and the checksums of another reader
            would stay beside the new weights.
        ModelError: the runs are of models of different shapes.
    """
    if asked.out.is_dir() and any(asked.out.iterdir()):
        raise SettingsError(f"{asked.out}: holds files already; give a new folder with --out")
    first = asked.run[0] / "model"
    models = [load_file(run / "model" / "model.safetensors") for run in asked.run]
    shapes = [{name: weights.shape for name, weights in own.items()} for own in models]
    for run, shape in zip(asked.run, shapes, strict=True):
        if shape != shapes[0]:
            raise ModelError(f"{run}: another model than {asked.run[0]}; average runs of one model")
    model = AutoModelForQuestionAnswering.from_pretrained(first).float()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.copy_(torch.stack([own[name].float() for own in models]).mean(dim=0))
    model.half().save_pretrained(asked.out)
    AutoTokenizer.from_pretrained(first).save_pretrained(asked.out)


if __name__ == "__main__":
    sys.exit(main())
