"""Token ids to start and end logits: plain BERT by our own forward, anything else by transformers.

torch is imported here, so import this module where a model is loaded and not before.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn.functional import linear

from rag.errors import ModelError
from rag.forked import refuse_forked
from rag.packed_bert import PackedBert, Shape
from rag.quiet import quiet_loading
from rag.spans import Floats

Logits = tuple[Floats, Floats]
"""Start and end, (tokens,) each."""

WIDTH_STEP = 64  # few distinct widths: a new shape costs a CPU as much as the work


class SpanModel(Protocol):
    """A question-answering model without its tokenizer."""

    @property
    def positions(self) -> int:
        """The most tokens that it takes at once."""
        ...

    def logits(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Logits]:
        """Logits of each text, in order, given shortest texts first.

        Raises:
            ModelError: this process was forked from the one of the model.
        """
        ...


class PackedSpanModel:
    """``BertForQuestionAnswering`` over a PackedBert; the span head is float32.

    Logits rounded to bf16 (8 bits) would tie or swap spans that differ by a few hundredths.
    """

    def __init__(self, folder: Path, shape: Shape, dtype: torch.dtype) -> None:
        """Load the weights.

        Raises:
            KeyError: one of them is missing.
        """
        weights = load_file(folder / "model.safetensors")
        self._head = weights["qa_outputs.weight"].float(), weights["qa_outputs.bias"].float()
        self._bert = PackedBert(weights, shape, dtype, "bert.")
        self.positions = shape.positions

    @torch.inference_mode()
    def logits(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Logits]:
        """Logits of each text, in order."""
        refuse_forked()
        heads = [linear(hidden, *self._head).numpy() for hidden in self._bert(ids, types)]
        return [(head[:, 0], head[:, 1]) for head in heads]


class TransformersSpanModel:
    """Any model that ``AutoModelForQuestionAnswering`` loads, in padded batches of like width."""

    def __init__(self, folder: Path, *, mixed: bool) -> None:
        """Load the model; ``mixed`` multiplies its matrices in bf16.

        Raises:
            KeyError: the weights lack the span head.
        """
        from transformers import AutoModelForQuestionAnswering

        with quiet_loading():
            model, report = AutoModelForQuestionAnswering.from_pretrained(
                folder, trust_remote_code=False, use_safetensors=True, output_loading_info=True
            )
        if report["missing_keys"]:
            raise KeyError(sorted(report["missing_keys"])[0])
        self._model: Any = model.float().eval()
        self._mixed = mixed
        if mixed:
            from rag.precision import mix

            mix(self._model)
        config = self._model.config
        self._pad = config.pad_token_id or 0
        self._typed = getattr(config, "type_vocab_size", 0) > 1
        self.positions = int(getattr(config, "max_position_embeddings", 512))

    def logits(self, ids: Sequence[list[int]], types: Sequence[list[int]]) -> list[Logits]:
        """Logits of each text, in order; shortest texts first is fastest."""
        refuse_forked()
        found: list[Logits] = []
        begin = 0
        while begin < len(ids):
            width = -(-len(ids[begin]) // WIDTH_STEP) * WIDTH_STEP
            end = begin + 1
            while end < len(ids) and width - WIDTH_STEP < len(ids[end]) <= width:
                end += 1
            found += self._batch(ids[begin:end], types[begin:end], min(width, self.positions))
            begin = end
        return found

    def _batch(
        self, ids: Sequence[list[int]], types: Sequence[list[int]], width: int
    ) -> list[Logits]:
        words = torch.full((len(ids), width), self._pad)
        kinds = torch.zeros_like(words)
        mask = torch.zeros_like(words)
        for row, (tokens, sides) in enumerate(zip(ids, types, strict=True)):
            words[row, : len(tokens)] = torch.as_tensor(tokens)
            kinds[row, : len(tokens)] = torch.as_tensor(sides)
            mask[row, : len(tokens)] = 1
        inputs = {"input_ids": words, "attention_mask": mask}
        if self._typed:
            inputs["token_type_ids"] = kinds
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._mixed):
            output = self._model(**inputs)
        start, end = output.start_logits.float().numpy(), output.end_logits.float().numpy()
        lengths = [len(tokens) for tokens in ids]
        return [(start[row, :length], end[row, :length]) for row, length in enumerate(lengths)]


def load(folder: Path, *, mixed: bool) -> tuple[SpanModel, Tokenizer]:
    """The model in a folder and its tokenizer; ``mixed`` multiplies matrices in bf16.

    Raises:
        ModelError: the folder is missing, incomplete or holds another kind of model; or see
            ``rag.forked``.
    """
    refuse_forked()
    if not (folder / "config.json").is_file():
        raise ModelError(
            f"{folder}: no reader model there (config.json is missing); "
            "of a folder of scripts/train_reader.py give its model/"
        )
    try:
        shape = Shape.of(folder)
        if shape is None:
            model: SpanModel = TransformersSpanModel(folder, mixed=mixed)
        else:
            dtype = torch.bfloat16 if mixed else torch.float32
            model = PackedSpanModel(folder, shape, dtype)
        return model, _tokenizer(folder)
    except KeyError as error:
        raise ModelError(
            f"{folder}: the weights lack {error}; the model was not trained for question answering"
        ) from error
    except Exception as error:  # the loaders raise whatever their file readers raise
        raise ModelError(
            f"{folder}: not a question-answering model that can be loaded ({error}); "
            "expected a folder with config.json, tokenizer.json and model.safetensors"
        ) from error


def _tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer, never padding; how far it cuts is set by the reader."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer
