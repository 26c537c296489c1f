"""The loop learns, and a run that was stopped goes on as if it had not been."""

from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering

from rag.training.loop import Trainer
from rag.training.plan import Plan

PLAN = Plan(steps=12, learning_rate=5e-3)


def model() -> BertForQuestionAnswering:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    )  # fmt: skip
    return BertForQuestionAnswering(config)


def batches(count: int) -> list[dict[str, torch.Tensor]]:
    """The answer is wherever token 150 stands."""
    torch.manual_seed(5)
    made = []
    for _ in range(count):
        ids = torch.randint(110, 149, (16, 24))
        ids[:, 0] = 101
        target = torch.randint(8, 22, (16,))
        ids[torch.arange(16), target] = 150
        types = torch.zeros_like(ids)
        types[:, 6:] = 1
        made.append(
            {
                "input_ids": ids,
                "token_type_ids": types,
                "attention_mask": torch.ones_like(ids),
                "targets": torch.stack([target, target], dim=1),
            }
        )
    return made


def test_learns(tmp_path: Path) -> None:
    trainer = Trainer(model(), Plan(steps=60, learning_rate=5e-3), tmp_path, "cpu")
    losses = [trainer.step(batch) for batch in batches(60)]
    assert sum(losses[-5:]) < 0.3 * sum(losses[:5])


def test_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole = Trainer(model(), PLAN, tmp_path / "whole", "cpu")
    losses = [whole.step(batch) for batch in batches(12)]
    first = Trainer(model(), PLAN, tmp_path / "halves", "cpu")
    for batch in batches(12)[:5]:
        first.step(batch)
    first.save()
    second = Trainer(model(), PLAN, tmp_path / "halves", "cpu")
    assert second.resume()
    assert second.progress.step == 5
    rest = [second.step(batch) for batch in batches(12)[5:]]
    assert rest == pytest.approx(losses[5:], abs=1e-6)
    for one, other in zip(whole.average, second.average, strict=True):
        torch.testing.assert_close(one, other)


def test_starts_anew_without_a_checkpoint(tmp_path: Path) -> None:
    assert not Trainer(model(), PLAN, tmp_path, "cpu").resume()
