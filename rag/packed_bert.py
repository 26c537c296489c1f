"""BERT without padding: texts of any lengths in one forward, for inference on a CPU.

The matrices see the tokens of all texts one after the other; only attention looks at each text by
itself. Nothing is computed for padding, and on CPUs that multiply bf16 attention runs as plain
batched products, which for heads as narrow as these is faster than the fused kernel.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from rag import workers
from rag.workers import dealt, side_by_side

LEAST_TOKENS = 1024  # of fewer each product is dealt to the cores, not the texts
GROUP_TOKENS = 512  # texts of one length attend together up to here; more would leave the cache


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of a BERT configuration that its forward needs."""

    layers: int
    heads: int
    eps: float
    positions: int

    @classmethod
    def of(cls, folder: Path) -> "Shape | None":
        """The shape of the model in a folder, or None where it is no plain BERT."""
        config = json.loads((folder / "config.json").read_text("utf-8"))
        plain = (
            config.get("model_type") == "bert"
            and config.get("hidden_act", "gelu") == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and not config.get("is_decoder")
        )
        if not plain:
            return None
        return cls(
            int(config["num_hidden_layers"]),
            int(config["num_attention_heads"]),
            float(config.get("layer_norm_eps", 1e-12)),
            int(config["max_position_embeddings"]),
        )


@dataclass(frozen=True, slots=True)
class _Affine:
    weight: Tensor
    bias: Tensor


@dataclass(frozen=True, slots=True)
class _Layer:
    query_key_value: _Affine  # one product instead of three
    attended: _Affine
    attended_norm: _Affine
    wide: _Affine
    narrow: _Affine
    norm: _Affine


class PackedBert:
    """The encoder of Devlin et al. (2019); matrices in ``dtype``, everything else float32."""

    def __init__(
        self, weights: Mapping[str, Tensor], shape: Shape, dtype: torch.dtype, prefix: str = ""
    ) -> None:
        """Take the weights by their names in transformers, which follow ``prefix``.

        Raises:
            KeyError: one of them is missing.
        """
        self.shape = shape
        self._dtype = dtype

        def affine(name: str, kind: torch.dtype = torch.float32) -> _Affine:
            name = prefix + name
            return _Affine(weights[f"{name}.weight"].to(kind), weights[f"{name}.bias"].to(kind))

        def layer(number: int) -> _Layer:
            at = f"encoder.layer.{number}"
            parts = [affine(f"{at}.attention.self.{p}", dtype) for p in ("query", "key", "value")]
            return _Layer(
                _Affine(torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts])),
                affine(f"{at}.attention.output.dense", dtype),
                affine(f"{at}.attention.output.LayerNorm"),
                affine(f"{at}.intermediate.dense", dtype),
                affine(f"{at}.output.dense", dtype),
                affine(f"{at}.output.LayerNorm"),
            )

        at = f"{prefix}embeddings."
        self._words = weights[f"{at}word_embeddings.weight"].float()
        self._positions = weights[f"{at}position_embeddings.weight"].float()
        self._types = weights[f"{at}token_type_embeddings.weight"].float()
        self._norm = affine("embeddings.LayerNorm")
        self._layers = [layer(number) for number in range(shape.layers)]
        workers.start()

    def __call__(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
    ) -> list[Tensor]:
        """Hidden states of each text, (tokens, width) float32, from its token and type ids."""

        def forward(places: Sequence[int]) -> list[Tensor]:
            return self._forward([ids[i] for i in places], [types[i] for i in places])

        if not ids:
            return []
        parts = dealt([len(text) for text in ids], LEAST_TOKENS)
        hidden: dict[int, Tensor] = {}
        for places, states in zip(parts, side_by_side(forward, parts), strict=True):
            hidden.update(zip(places, states, strict=True))
        return [hidden[i] for i in range(len(ids))]

    @torch.inference_mode()
    def _forward(
        self, ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]
    ) -> list[Tensor]:
        lengths = [len(text) for text in ids]
        words = torch.tensor([token for text in ids for token in text])
        kinds = torch.tensor([kind for text in types for kind in text])
        places = torch.cat([torch.arange(length) for length in lengths])
        hidden = self._words[words] + self._positions[places] + self._types[kinds]
        hidden = self._normed(hidden, self._norm)
        groups = _groups(lengths)
        for layer in self._layers:
            hidden = self._through(layer, hidden, groups)
        return list(torch.split(hidden, lengths))

    def _through(self, layer: _Layer, hidden: Tensor, groups: Sequence[tuple[int, int]]) -> Tensor:
        joined = _apply(layer.query_key_value, hidden.to(self._dtype))
        attended = torch.empty_like(hidden, dtype=self._dtype)
        begin = 0
        for count, length in groups:
            end = begin + count * length
            attended[begin:end] = self._attend(joined[begin:end], count)
            begin = end
        told = _apply(layer.attended, attended).float()
        hidden = self._normed(hidden + told, layer.attended_norm)
        wide = functional.gelu(_apply(layer.wide, hidden.to(self._dtype)))
        return self._normed(hidden + _apply(layer.narrow, wide).float(), layer.norm)

    def _attend(self, joined: Tensor, count: int) -> Tensor:
        """Attention inside each of ``count`` texts of one length, from (tokens, 3 * width)."""
        tokens, width = len(joined), joined.shape[1] // 3
        heads, length = self.shape.heads, tokens // count
        parts = joined.view(count, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        if self._dtype == torch.bfloat16:
            query, key, value = parts.reshape(3, count * heads, length, width // heads)
            scores = torch.bmm(query * (width // heads) ** -0.5, key.transpose(1, 2))
            told = torch.bmm(scores.softmax(-1), value).view(count, heads, length, -1)
        else:
            query, key, value = parts
            told = functional.scaled_dot_product_attention(query, key, value)
        return told.transpose(1, 2).reshape(tokens, width)

    def _normed(self, hidden: Tensor, norm: _Affine) -> Tensor:
        return functional.layer_norm(
            hidden, hidden.shape[-1:], norm.weight, norm.bias, self.shape.eps
        )


def _apply(affine: _Affine, hidden: Tensor) -> Tensor:
    return functional.linear(hidden, affine.weight, affine.bias)


def _groups(lengths: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbours of equal length as (count, length), split where they grow too large."""
    groups = []
    for length, texts in groupby(lengths):
        most = max(1, GROUP_TOKENS // length)
        left = sum(1 for _ in texts)
        while left:
            groups.append((min(left, most), length))
            left -= min(left, most)
    return groups
