"""Examples as padded tensors, joined as a model wants them, and the model's logits on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rag.training.examples import IntArray
from rag.training.plan import padded

HIDDEN = -1e4  # logit of what is no position of the window


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a question and a context window, and the target tokens in the window."""

    question: IntArray
    window: IntArray
    first: int = -1  # -1: no answer here
    last: int = -1


@dataclass(frozen=True, slots=True)
class Layout:
    """How a model joins two texts: BERT puts one separator between them, MPNet two."""

    cls: int
    sep: int
    pad: int
    between: int
    typed: bool

    @classmethod
    def of(cls, tokenizer: Any) -> "Layout":
        """Read off what the tokenizer does."""
        joined = tokenizer("a", "a")["input_ids"]
        return cls(
            joined[0],
            joined[-1],
            tokenizer.pad_token_id,
            joined[1:-1].count(joined[-1]),
            "token_type_ids" in tokenizer.model_input_names,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded rows; ``places`` are the positions of the first token and then of the window's.

    ``places``, ``real`` (False: padding) and the columns of ``targets`` are in terms of "no answer"
    at 0 and the window's tokens from 1 on, so that models of different layouts can be compared.
    """

    inputs: dict[str, Tensor]  # (examples, tokens) each
    places: Tensor  # (examples, 1 + window)
    real: Tensor  # (examples, 1 + window)
    targets: Tensor  # (examples, 2)


def collate(examples: Sequence[Example], layout: Layout, device: str) -> Batch:
    """Join and pad; the width is a multiple of a few, see ``padded``."""
    special = 2 + layout.between
    width = padded(max(len(e.question) + len(e.window) for e in examples) + special)
    ids = np.full((len(examples), width), layout.pad, dtype=np.int64)
    types, mask = np.zeros_like(ids), np.zeros_like(ids)
    places = np.zeros((len(examples), 1 + max(len(e.window) for e in examples)), dtype=np.int64)
    real = np.zeros_like(places, dtype=np.bool_)
    for row, example in enumerate(examples):
        begin = 1 + len(example.question) + layout.between
        stop = begin + len(example.window)
        ids[row, 0] = layout.cls
        ids[row, 1 : 1 + len(example.question)] = example.question
        ids[row, 1 + len(example.question) : begin] = layout.sep
        ids[row, begin:stop] = example.window
        ids[row, stop] = layout.sep
        types[row, begin : stop + 1] = 1
        mask[row, : stop + 1] = 1
        places[row, 1 : 1 + stop - begin] = np.arange(begin, stop)
        real[row, : 1 + stop - begin] = True
    inputs = {"input_ids": ids, "attention_mask": mask}
    if layout.typed:
        inputs["token_type_ids"] = types
    targets = np.array([(1 + e.first, 1 + e.last) for e in examples], dtype=np.int64)
    return Batch(
        {name: torch.from_numpy(table).to(device) for name, table in inputs.items()},
        torch.from_numpy(places).to(device),
        torch.from_numpy(real).to(device),
        torch.from_numpy(targets).to(device),
    )


def span_logits(model: torch.nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
    """Start and end logits of "no answer" and the window's tokens, (examples, 1 + window)."""
    output = model(**batch.inputs)
    start, end = (
        logits.float().gather(1, batch.places).masked_fill(~batch.real, HIDDEN)
        for logits in (output.start_logits, output.end_logits)
    )
    return start, end
