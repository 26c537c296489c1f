"""BERT almost without padding: texts of any lengths in one forward, for inference on a CPU.

The matrices see the tokens of all texts one after the other; only attention looks at each text by
itself. On CPUs that multiply bf16 attention runs as plain batched products, which for heads as
narrow as these is faster than the fused kernel. There a product is compiled for each shape, which
costs as much as some hundred rows of it: texts and batches are filled up to one of few sizes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from rag import workers
from rag.workers import dealt, side_by_side

LEAST_TOKENS = 512  # with fewer the cores share each product instead of sharing out the texts
GROUP_TOKENS = 512  # texts of one length attend together up to here; more would leave the cache
STEP = 16  # tokens; texts are filled up to multiples of it, batches too or to an eighth more


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
    query_key_value: _Affine  # one product instead of three; queries scaled for attention
    attended: _Affine
    attended_norm: _Affine
    wide: _Affine
    narrow: _Affine
    norm: _Affine


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring texts that attend together: all filled up to one size."""

    size: int
    lengths: Sequence[int]


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

        def affine(name: str) -> _Affine:
            name = prefix + name
            return _Affine(weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float())

        def scaled(part: _Affine) -> _Affine:
            by = (len(part.bias) // shape.heads) ** -0.5
            return _Affine(part.weight * by, part.bias * by)

        def product(*parts: _Affine) -> _Affine:
            weight, bias = torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts])
            return _Affine(_arranged(weight.to(dtype)), bias.to(dtype))

        def layer(number: int) -> _Layer:
            at = f"encoder.layer.{number}"
            return _Layer(
                product(
                    scaled(affine(f"{at}.attention.self.query")),
                    affine(f"{at}.attention.self.key"),
                    affine(f"{at}.attention.self.value"),
                ),
                product(affine(f"{at}.attention.output.dense")),
                affine(f"{at}.attention.output.LayerNorm"),
                product(affine(f"{at}.intermediate.dense")),
                product(affine(f"{at}.output.dense")),
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
        compiled = self._dtype == torch.bfloat16
        lengths = [len(text) for text in ids]
        sizes = [_up(length, STEP) for length in lengths] if compiled else lengths
        begins = [0, *accumulate(sizes)]
        rows = filled(begins[-1])
        words, kinds, places = torch.zeros(3, rows, dtype=torch.long)
        for begin, length, text, kind in zip(begins, lengths, ids, types, strict=False):
            words[begin : begin + length] = torch.tensor(text)
            kinds[begin : begin + length] = torch.tensor(kind)
            places[begin : begin + length] = torch.arange(length)
        of = functional.embedding
        hidden = of(words, self._words) + of(places, self._positions) + of(kinds, self._types)
        hidden = self._normed(hidden, self._norm)
        groups = _groups(lengths, sizes)
        for layer in self._layers:
            hidden = self._through(layer, hidden, groups)
        return [hidden[b : b + n] for b, n in zip(begins, lengths, strict=False)]

    def _through(self, layer: _Layer, hidden: Tensor, groups: Sequence[_Group]) -> Tensor:
        joined = _apply(layer.query_key_value, hidden.to(self._dtype))
        attended = torch.empty_like(hidden, dtype=self._dtype)
        begin = 0
        for group in groups:
            end = begin + len(group.lengths) * group.size
            self._attend(joined[begin:end], group, attended[begin:end])
            begin = end
        attended[begin:] = 0
        told = _apply(layer.attended, attended).float()
        hidden = self._normed(hidden + told, layer.attended_norm)
        wide = _apply(layer.wide, hidden.to(self._dtype), gelu=True)
        return self._normed(hidden + _apply(layer.narrow, wide).float(), layer.norm)

    def _attend(self, joined: Tensor, group: _Group, attended: Tensor) -> None:
        """Attention inside each text of a group, from (tokens, 3 * width) to (tokens, width)."""
        count, size, heads = len(group.lengths), group.size, self.shape.heads
        parts = joined.view(count, size, 3, heads, -1).permute(2, 0, 3, 1, 4)
        if self._dtype == torch.bfloat16:
            query, key, value = parts.reshape(3, count * heads, size, -1)
            scores = torch.bmm(query, key.transpose(1, 2))
            for text, length in zip(scores.view(count, -1, size), group.lengths, strict=True):
                if length < size:
                    text[:, length:] = -torch.inf  # filling is not attended to
            told = torch.bmm(scores.softmax(-1), value).view(count, heads, size, -1)
        else:
            query, key, value = parts
            told = functional.scaled_dot_product_attention(query, key, value, scale=1.0)
        attended.view(count, size, heads, -1).copy_(told.transpose(1, 2))

    def _normed(self, hidden: Tensor, norm: _Affine) -> Tensor:
        return functional.layer_norm(
            hidden, hidden.shape[-1:], norm.weight, norm.bias, self.shape.eps
        )


def _arranged(weight: Tensor) -> Tensor:
    """A bf16 matrix as the CPU's kernels read it, else each product would arrange it anew.

    The operators are those that ``torch.compile`` uses; where PyTorch has none, it stays plain.
    They have no public name: torch is pinned to one version, and a test compares the products.
    """
    if weight.dtype != torch.bfloat16:
        return weight
    try:
        arrange = torch.ops.mkldnn._reorder_linear_weight  # noqa: SLF001 - no public name
        arranged: Tensor = arrange(weight)
    except (AttributeError, RuntimeError):
        return weight
    return arranged


def _apply(affine: _Affine, hidden: Tensor, *, gelu: bool = False) -> Tensor:
    told: Tensor
    if affine.weight.is_mkldnn:
        then, kind = ("gelu", "none") if gelu else ("none", "")
        told = torch.ops.mkldnn._linear_pointwise(  # noqa: SLF001 - no public name
            hidden, affine.weight, affine.bias, then, [], kind
        )
        return told
    told = functional.linear(hidden, affine.weight, affine.bias)
    return functional.gelu(told) if gelu else told


def filled(tokens: int) -> int:
    """The rows that a batch of so many tokens is filled up to."""
    return _up(tokens, max(STEP, 1 << max(0, tokens.bit_length() - 4)))


def _up(number: int, step: int) -> int:
    """The next multiple of ``step``."""
    return -(-number // step) * step


def _groups(lengths: Sequence[int], sizes: Sequence[int]) -> list[_Group]:
    """Neighbours of equal size together, in powers of two, up to ``GROUP_TOKENS``."""
    groups = []
    begin = 0
    for size, texts in groupby(sizes):
        left = sum(1 for _ in texts)
        while left:
            most = max(1, min(left, GROUP_TOKENS // size))
            count = 1 << (most.bit_length() - 1)
            groups.append(_Group(size, lengths[begin : begin + count]))
            begin += count
            left -= count
    return groups
