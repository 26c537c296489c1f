"""The loop learns, and a run that was stopped goes on as if it had not been."""

import signal
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering

from rag.errors import ModelError
from rag.training.batches import Example, Layout
from rag.training.loop import Trainer
from rag.training.plan import Plan
from scripts import train_reader

LAYOUT = Layout(cls=101, sep=102, pad=0, between=1, typed=True)
PLAN = Plan(steps=12, learning_rate=5e-3)


def model() -> BertForQuestionAnswering:
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=64, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1,
    )  # fmt: skip
    return BertForQuestionAnswering(config)


def batches(count: int) -> list[list[Example]]:
    """The answer is wherever token 150 stands."""
    rng = np.random.default_rng(5)
    made = []
    for _ in range(count):
        batch = []
        for _ in range(16):
            question, window = np.split(rng.integers(110, 149, 21).astype(np.int32), [4])
            target = int(rng.integers(len(window)))
            window[target] = 150
            batch.append(Example(question, window, target, target))
        made.append(batch)
    return made


def test_learns(tmp_path: Path) -> None:
    trainer = Trainer(model(), LAYOUT, Plan(steps=60, learning_rate=5e-3), tmp_path, "cpu")
    losses = [trainer.step(batch) for batch in batches(60)]
    assert sum(losses[-5:]) < 0.3 * sum(losses[:5])


def test_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    whole = Trainer(model(), LAYOUT, PLAN, tmp_path / "whole", "cpu")
    losses = [whole.step(batch) for batch in batches(12)]
    first = Trainer(model(), LAYOUT, PLAN, tmp_path / "halves", "cpu")
    for batch in batches(12)[:5]:
        first.step(batch)
    first.save()
    second = Trainer(model(), LAYOUT, PLAN, tmp_path / "halves", "cpu")
    assert second.resume()
    assert second.progress.step == 5
    rest = [second.step(batch) for batch in batches(12)[5:]]
    assert rest == pytest.approx(losses[5:], abs=1e-6)
    for one, other in zip(whole.average, second.average, strict=True):
        torch.testing.assert_close(one, other)


def test_starts_anew_without_a_checkpoint(tmp_path: Path) -> None:
    assert not Trainer(model(), LAYOUT, PLAN, tmp_path, "cpu").resume()


def saved(folder: Path) -> None:
    """A checkpoint of one step."""
    trainer = Trainer(model(), LAYOUT, PLAN, folder, "cpu")
    trainer.learns_from = {"train": "a", "teacher": ""}
    trainer.step(batches(1)[0])
    trainer.save()


@pytest.mark.parametrize("told", [{"steps": 20}, {"steps": 3}, {"minutes": 5.0}])
def test_a_run_may_go_on_longer_or_shorter(tmp_path: Path, told: dict[str, float]) -> None:
    saved(tmp_path)
    trainer = Trainer(model(), LAYOUT, Plan(**{**asdict(PLAN), **told}), tmp_path, "cpu")
    trainer.learns_from = {"train": "a", "teacher": ""}
    assert trainer.resume()


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    saved(tmp_path)
    trainer = Trainer(model(), LAYOUT, replace(PLAN, seed=8), tmp_path, "cpu")
    trainer.learns_from = {"train": "b", "teacher": ""}
    with pytest.raises(ModelError, match="trained with another --seed, --train; give it, or"):
        trainer.resume()


@pytest.fixture
def own_signals() -> Iterator[None]:
    """What the script sets for signals ends with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize(("seconds", "kept"), [(0.0, 3), (3600.0, 0)])
def test_a_machine_that_goes_away_costs_what_came_after_the_last_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, kept: int
) -> None:
    def gone() -> Iterator[list[Example]]:
        yield from batches(3)
        raise ConnectionError

    monkeypatch.setattr(train_reader, "SAVED_EVERY_S", seconds)
    trainer = Trainer(model(), LAYOUT, PLAN, tmp_path, "cpu")
    with pytest.raises(ConnectionError):
        train_reader.train(trainer, gone(), lambda *_: None, stop_after=0)
    resumed = Trainer(model(), LAYOUT, PLAN, tmp_path, "cpu")
    assert resumed.resume() == bool(kept)
    assert resumed.progress.step == kept


@pytest.mark.usefixtures("own_signals")
def test_a_signal_ends_a_run_with_a_save(tmp_path: Path) -> None:
    def interrupted() -> Iterator[list[Example]]:
        yield from batches(2)
        signal.raise_signal(signal.SIGTERM)
        yield from batches(3)

    trainer = Trainer(model(), LAYOUT, PLAN, tmp_path, "cpu")
    train_reader.train(trainer, interrupted(), lambda *_: None, stop_after=0)
    resumed = Trainer(model(), LAYOUT, PLAN, tmp_path, "cpu")
    assert resumed.resume()
    assert resumed.progress.step == 3


@pytest.mark.usefixtures("own_signals")
@pytest.mark.parametrize(("stop_after", "steps"), [(0, 3), (2, 2)])
def test_a_run_that_is_over_is_left_as_it_is(tmp_path: Path, stop_after: int, steps: int) -> None:
    plan = replace(PLAN, steps=3)
    kept = []
    for _ in range(2):
        trainer = Trainer(model(), LAYOUT, plan, tmp_path, "cpu")
        trainer.resume()
        train_reader.train(trainer, batches(5), lambda *_: None, stop_after)
        assert trainer.progress.step == steps
        kept.append([weights.clone() for weights in trainer.master])
    for once, twice in zip(*kept, strict=True):
        assert torch.equal(once, twice)
