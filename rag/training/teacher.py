"""A larger reader that the one in training learns from, besides the marked answers.

Distillation (Hinton et al., 2015): where the teacher sees a second possible start, or none, its
distribution says so; a marked answer does not.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.errors import ModelError
from rag.training.batches import Example, Layout, collate, span_logits


class Teacher:
    """A trained span model with the same word pieces, whatever their numbers."""

    def __init__(self, folder: Path, tokenizer: Any, device: str) -> None:
        """Load it; ``tokenizer`` is that of the model in training.

        Raises:
            ModelError: the teacher cuts words into other pieces.
        """
        own = AutoTokenizer.from_pretrained(folder)
        vocabulary = own.get_vocab()
        special = {tokenizer.unk_token: own.unk_token}
        pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        known = [vocabulary.get(special.get(piece, piece)) for piece in pieces]
        lacking = [
            piece
            for piece, number in zip(pieces, known, strict=True)
            if number is None and piece not in tokenizer.all_special_tokens
        ]
        if lacking:
            raise ModelError(
                f"{folder}: cannot teach a model of other word pieces (it lacks {lacking[0]!r}); "
                "take a teacher with the same vocabulary"
            )
        self._numbers = np.array([number or 0 for number in known], dtype=np.int32)
        self._layout = Layout.of(own)
        model = AutoModelForQuestionAnswering.from_pretrained(folder)
        self._model = model.to(device=device, dtype=torch.bfloat16).eval()
        self._device = device

    @torch.inference_mode()
    def __call__(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Start and end logits, as ``span_logits``."""
        own = [
            replace(e, question=self._numbers[e.question], window=self._numbers[e.window])
            for e in examples
        ]
        return span_logits(self._model, collate(own, self._layout, self._device))
