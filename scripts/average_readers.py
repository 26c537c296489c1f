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


def main() -> None:
    """Load what every run exported, the moving average of its weights; write their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--run", type=Path, nargs="+", required=True, help="folders of scripts/train_reader.py"
    )
    parser.add_argument("--out", type=Path, required=True, help="model folder")
    asked = parser.parse_args()
    first = asked.run[0] / "model"
    models = [load_file(run / "model" / "model.safetensors") for run in asked.run]
    model = AutoModelForQuestionAnswering.from_pretrained(first).float()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.copy_(torch.stack([own[name].float() for own in models]).mean(dim=0))
    model.half().save_pretrained(asked.out)
    AutoTokenizer.from_pretrained(first).save_pretrained(asked.out)


if __name__ == "__main__":
    main()
