"""BERT without padding against BERT of transformers."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import BertConfig, BertModel, RobertaConfig

from rag import packed_bert
from rag.models import SHIPPED
from rag.packed_bert import GROUP_TOKENS, STEP, PackedBert, Shape, filled
from rag.workers import dealt

LENGTHS = (3, 3, 3, 7, 40, 40, 100, GROUP_TOKENS // 2, GROUP_TOKENS // 2, GROUP_TOKENS // 2)
ONE_BY_ONE = (1, 3, 5, 12, 16, 17, 60, 150, 333)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(3)
    place = tmp_path_factory.mktemp("bert")
    config = BertConfig(
        vocab_size=500, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=96, initializer_range=0.3,
    )  # fmt: skip
    BertModel(config).save_pretrained(place)
    return place


def theirs(folder: Path, ids: list[list[int]], types: list[list[int]], *, bf16: bool) -> Tensor:
    """Hidden states of transformers, each text by itself, one after the other."""
    model = BertModel.from_pretrained(folder)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        states = [
            model(
                input_ids=torch.tensor([words]), token_type_ids=torch.tensor([sides])
            ).last_hidden_state[0]
            for words, sides in zip(ids, types, strict=True)
        ]
    return torch.cat(states).float()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_hidden_states_are_those_of_transformers(folder: Path, dtype: torch.dtype) -> None:
    shape = Shape.of(folder)
    assert shape is not None
    ours = PackedBert(load_file(folder / "model.safetensors"), shape, dtype)
    draw = torch.Generator().manual_seed(4)
    ids = [torch.randint(0, 500, (length,), generator=draw).tolist() for length in LENGTHS]
    types = [[0] * (length // 2) + [1] * (length - length // 2) for length in LENGTHS]
    expected = theirs(folder, ids, types, bf16=False)
    found = ours(ids, types)
    assert [len(states) for states in found] == list(LENGTHS)
    if dtype == torch.float32:
        torch.testing.assert_close(torch.cat(found), expected, atol=1e-5, rtol=0)
        return
    rounding = theirs(folder, ids, types, bf16=True) - expected  # what bf16 costs by itself
    texts = list(LENGTHS)
    for states, one, cost in zip(
        found, torch.split(expected, texts), torch.split(rounding, texts), strict=True
    ):
        assert (states - one).square().mean().sqrt() < 2 * cost.square().mean().sqrt()
    error = torch.cat(found) - expected
    assert error.square().mean() < 1.3**2 * rounding.square().mean()
    assert error.abs().max() < 2 * rounding.abs().max()


def test_dealt_to_the_cores_they_are_the_same(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = Shape.of(folder)
    assert shape is not None
    ours = PackedBert(load_file(folder / "model.safetensors"), shape, torch.float32)
    ids = [torch.randint(0, 500, (length,)).tolist() for length in LENGTHS]
    types = [[0] * length for length in LENGTHS]
    parts: list[int] = []

    def two(sizes: Sequence[int], least: int) -> list[list[int]]:
        found = dealt(sizes, least)
        parts.append(len(found))
        return found

    monkeypatch.setattr(packed_bert, "dealt", two)
    monkeypatch.setattr(packed_bert, "LEAST_TOKENS", sum(LENGTHS) + 1)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        together = ours(ids, types)
        monkeypatch.setattr(packed_bert, "LEAST_TOKENS", 1)
        apart = ours(ids, types)
    finally:
        torch.set_num_threads(before)
    assert parts == [1, 2]
    for one, other in zip(together, apart, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_core_or_two_give_the_same_to_the_bit(
    monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    """Which of both compute depends on what else the machine does (``rag.workers``)."""
    shape = Shape.of(SHIPPED)
    assert shape is not None
    ours = PackedBert(load_file(SHIPPED / "model.safetensors"), shape, dtype, "bert.")
    found = {}
    before = torch.get_num_threads()
    for cores in (1, 2):
        torch.set_num_threads(cores)
        monkeypatch.setattr("rag.workers._cores._busy_until", 0.0)
        draw = torch.Generator().manual_seed(4)
        texts = [torch.randint(999, 9999, (n,), generator=draw).tolist() for n in ONE_BY_ONE]
        found[cores] = [ours([text], [[0] * len(text)])[0] for text in texts]
    torch.set_num_threads(before)
    assert all(torch.equal(*both) for both in zip(found[1], found[2], strict=True))


def test_batches_have_few_sizes_and_little_filling() -> None:
    counts = range(1, 2049)
    sizes = [filled(tokens) for tokens in counts]
    assert all(
        tokens <= size < tokens * 9 / 8 + STEP for tokens, size in zip(counts, sizes, strict=True)
    )
    assert len(set(sizes)) <= 40


def test_what_a_text_is_filled_up_with_is_not_seen(folder: Path) -> None:
    shape = Shape.of(folder)
    assert shape is not None
    ours = PackedBert(load_file(folder / "model.safetensors"), shape, torch.bfloat16)
    short, long = [5, 6, 7], [9] * (STEP - 1)
    alone = ours([short], [[0] * 3])[0]
    beside = ours([short, long], [[0] * 3, [0] * len(long)])[0]
    torch.testing.assert_close(alone, beside, atol=1e-6, rtol=0)


def test_nothing_gives_nothing(folder: Path) -> None:
    shape = Shape.of(folder)
    assert shape is not None
    assert PackedBert(load_file(folder / "model.safetensors"), shape, torch.float32)([], []) == []


def test_other_models_have_no_shape(tmp_path: Path) -> None:
    RobertaConfig().save_pretrained(tmp_path)
    assert Shape.of(tmp_path) is None
    BertConfig(hidden_act="relu").save_pretrained(tmp_path)
    assert Shape.of(tmp_path) is None
