"""Trained readers that the one in training learns from, besides the marked answers.

Distillation (Hinton et al., 2015): where a teacher sees a second possible start, or none, its
distribution says so; a marked answer does not. Several teachers speak with one voice, the
geometric mean of their distributions, which is better than each of them alone.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.encoder import weights_id
from rag.errors import ModelError
from rag.training.batches import Example, Layout, collate, span_logits

Taught = tuple[Tensor, Tensor]
"""Start and end, (examples, 1 + window) each; their softmax is what is taught."""

Teaching = Callable[[Sequence[Example]], Taught]
"""What answers for a batch: a teacher, several, or the notes of what they said."""


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
        self.weights_id = weights_id(model.state_dict())
        self._model = model.to(device=device, dtype=torch.bfloat16).eval()
        self._device = device

    @torch.inference_mode()
    def __call__(self, examples: Sequence[Example]) -> Taught:
        """Start and end logits, as ``span_logits``."""
        own = [
            replace(e, question=self._numbers[e.question], window=self._numbers[e.window])
            for e in examples
        ]
        return span_logits(self._model, collate(own, self._layout, self._device))


def together(teachers: Sequence[Teaching]) -> Teaching:
    """The geometric mean of what the teachers say, up to a factor that softmax takes out."""

    def teach(examples: Sequence[Example]) -> Taught:
        said = [teacher(examples) for teacher in teachers]
        first, last = (
            torch.stack([one[side].log_softmax(-1) for one in said]).mean(0) for side in (0, 1)
        )
        return first, last

    return teach


class Notes:
    """What was taught for each batch, written down so that a batch seen again costs no teacher.

    A file for each batch, named by the digest of its tokens and of ``taught_by``, the weights of
    the teachers.
    """

    def __init__(
        self, teacher: Teaching, folder: Path, device: str, taught_by: Sequence[str]
    ) -> None:
        self._teacher, self._folder, self._device = teacher, folder, device
        self._taught_by = " ".join(taught_by).encode()
        folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, examples: Sequence[Example]) -> Taught:
        """As the teacher, rounded to float16."""
        digest = hashlib.sha256(self._taught_by)
        for example in examples:
            for tokens in (example.question, example.window):
                digest.update(len(tokens).to_bytes(4) + tokens.astype(np.int32).tobytes())
        path = self._folder / f"{digest.hexdigest()}.safetensors"
        if not path.exists():
            first, last = self._teacher(examples)
            temporary = path.with_suffix(".tmp")
            save_file({"start": first.half().cpu(), "end": last.half().cpu()}, temporary)
            temporary.replace(path)
        noted = load_file(path, device=self._device)
        return noted["start"].float(), noted["end"].float()
