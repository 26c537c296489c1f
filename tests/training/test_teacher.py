"""Batches in two layouts, and a teacher whose word pieces have other numbers."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertForQuestionAnswering,
    MPNetConfig,
    MPNetForQuestionAnswering,
)

from rag.encoder import default_model_folder
from rag.errors import ModelError
from rag.training.batches import HIDDEN, Example, Layout, collate
from rag.training.loop import Trainer, freeze, loss_of
from rag.training.plan import Plan
from rag.training.teacher import Notes, Taught, Teacher, together

QUESTION = "Who steers the ferry?"
CONTEXTS = ("Captain Munro steers the ferry to Skye.", "It is red.")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(default_model_folder())


def save_mpnet(folder: Path, tokenizer: Any, layers: int = 1) -> Any:
    """A small MPNet with BERT's word pieces behind four special tokens, as the real one has."""
    pieces = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    made = json.loads(tokenizer.backend_tokenizer.to_str())
    vocabulary = [*special, *(p for p in pieces if p not in tokenizer.all_special_tokens), "<mask>"]
    made["model"] |= {"vocab": {p: n for n, p in enumerate(vocabulary)}, "unk_token": "<unk>"}
    made["added_tokens"] = [
        {
            "id": vocabulary.index(name), "content": name, "special": True, "single_word": False,
            "lstrip": False, "rstrip": False, "normalized": False,
        }
        for name in (*special, "<mask>")
    ]  # fmt: skip
    made["post_processor"] = {
        "type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0],
        "trim_offsets": True, "add_prefix_space": False,
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(made))
    names = dict(zip(("bos", "pad", "eos", "unk"), special, strict=True))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {f"{key}_token": name for key, name in names.items()}
            | {
                "cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>",
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_input_names": ["input_ids", "attention_mask"],
            }
        )
    )  # fmt: skip
    torch.manual_seed(1)
    config = MPNetConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=layers,
        num_attention_heads=2, intermediate_size=64, initializer_range=0.5, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, pad_token_id=1,
    )  # fmt: skip
    MPNetForQuestionAnswering(config).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def examples(tokenizer: Any) -> list[Example]:
    question = np.array(tokenizer(QUESTION, add_special_tokens=False)["input_ids"], np.int32)
    windows = [tokenizer(c, add_special_tokens=False)["input_ids"] for c in CONTEXTS]
    return [Example(question, np.array(window, np.int32), 0, 1) for window in windows]


def test_rows_are_joined_as_the_tokenizer_joins(tmp_path: Path, tokenizer: Any) -> None:
    for own in (tokenizer, save_mpnet(tmp_path, tokenizer)):
        batch = collate(examples(own), Layout.of(own), "cpu")
        for row, context in enumerate(CONTEXTS):
            expected = own(QUESTION, context)
            for name, table in batch.inputs.items():
                assert table[row][: len(expected["input_ids"])].tolist() == expected[name]
            window = batch.places[row][batch.real[row]][1:]
            pieces = own.convert_ids_to_tokens(batch.inputs["input_ids"][row][window].tolist())
            assert pieces == own.tokenize(context)
            assert batch.targets[row].tolist() == [1, 2]
        assert batch.inputs["input_ids"][1, -1] == own.pad_token_id


def test_a_teacher_of_another_layout_says_what_it_says_itself(
    tmp_path: Path, tokenizer: Any
) -> None:
    own = save_mpnet(tmp_path, tokenizer)
    start, end = Teacher(tmp_path, tokenizer, "cpu")(examples(tokenizer))
    model = MPNetForQuestionAnswering.from_pretrained(tmp_path).bfloat16()  # in eval mode
    for row, context in enumerate(CONTEXTS):
        encoded = own(QUESTION, context, return_tensors="pt")
        with torch.inference_mode():
            output = model(**encoded)
        held = [0, *(i for i, s in enumerate(encoded.sequence_ids(0)) if s == 1)]
        for found, expected in ((start, output.start_logits), (end, output.end_logits)):
            one, other = found[row, : len(held)], expected[0, held].float()
            torch.testing.assert_close(one, other, atol=0.05, rtol=0.05)  # bf16, other padding


def test_other_word_pieces_are_refused(tmp_path: Path, tokenizer: Any) -> None:
    save_mpnet(tmp_path, tokenizer)
    made = json.loads((tmp_path / "tokenizer.json").read_text())
    del made["model"]["vocab"]["ferry"]
    (tmp_path / "tokenizer.json").write_text(json.dumps(made))
    with pytest.raises(ModelError, match="ferry"):
        Teacher(tmp_path, tokenizer, "cpu")


def test_the_pupil_takes_after_its_teacher(tmp_path: Path, tokenizer: Any) -> None:
    """Taught by its teacher alone, it comes to say what the teacher says."""
    (tmp_path / "teacher").mkdir()
    save_mpnet(tmp_path / "teacher", tokenizer)
    teacher = Teacher(tmp_path / "teacher", tokenizer, "cpu")
    torch.manual_seed(2)
    pupil = BertForQuestionAnswering(
        BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    )
    plan = Plan(steps=150, learning_rate=5e-3, distil=1.0)
    trainer = Trainer(pupil, Layout.of(tokenizer), plan, tmp_path / "out", "cpu", teacher)
    batch = examples(tokenizer)
    losses = [trainer.step(batch) for _ in range(150)]
    least = [
        -(head.softmax(-1) * head.log_softmax(-1)).sum(-1).mean() for head in teacher(batch)
    ]  # the entropy of what it is taught
    lowest = float(sum(least)) / 2
    assert losses[-1] - lowest < 0.2 * (losses[0] - lowest)


def saying(*shares: float) -> Taught:
    """What a teacher of these probabilities might say, whatever it adds to all logits."""
    logits = torch.tensor([shares]).log() + 3
    return logits, logits.flip(-1)


def test_several_teachers_speak_with_one_voice() -> None:
    """By hand: the roots of .8 x .2 and .2 x .8 are alike, whatever each one's logits add up to."""
    voice = together([lambda _: saying(0.8, 0.2), lambda _: saying(0.2, 0.8)])
    for side in voice([]):
        torch.testing.assert_close(side.softmax(-1), torch.tensor([[0.5, 0.5]]))
    alone = together([lambda _: saying(0.7, 0.3)])([])
    torch.testing.assert_close(alone[0].softmax(-1), torch.tensor([[0.7, 0.3]]))
    torch.testing.assert_close(alone[1].softmax(-1), torch.tensor([[0.3, 0.7]]))


def test_teachers_have_no_say_where_the_passage_does_not_answer() -> None:
    """By hand: of the answerable example half of the loss is the teacher's, of the other nothing.

    All places that it has are equally likely to the pupil: a loss of log 2 and of log 3 against
    whatever distribution. The teacher's word is in the gradients, which pull the pupil its way.
    """
    logits = torch.tensor([[0.0, 0.0, HIDDEN], [0.0, 0.0, 0.0]])  # the second has a wider window
    start, end = (logits.clone().requires_grad_() for _ in range(2))
    targets = torch.tensor([[1, 1], [0, 0]])
    taught = saying(0.2, 0.8)[0]
    loss = loss_of((start, end), targets, (taught, taught), 0.5)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
    assert loss.item() == pytest.approx((np.log(2) + np.log(3)) / 2)
    # Softmax less what is wanted, by halves for start and end and for two examples.
    third = 1 / 3
    expected = torch.tensor([[0.5 - 0.1, 0.5 - 0.9, 0.0], [third - 1.0, third, third]]) / 4
    for side in (start, end):
        torch.testing.assert_close(side.grad, expected)


def test_teachers_who_miss_both_ends_have_no_say() -> None:
    """By hand: the first example's teacher finds its start, the second's neither; log 2 a place."""
    start, end = (torch.zeros(2, 2).requires_grad_() for _ in range(2))
    targets = torch.tensor([[1, 1], [1, 1]])
    right, wrong = saying(0.2, 0.8)[0], saying(0.8, 0.2)[0]
    taught = torch.cat([right, wrong]), torch.cat([wrong, wrong])
    loss = loss_of((start, end), targets, taught, 0.5)
    loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
    # Softmax less what is wanted: the mark, or halfway from there to the teacher's 0.8 or 0.2.
    mark, half = [0.5, -0.5], [0.5 - 0.1, 0.5 - 0.9]
    other = [0.5 - 0.4, 0.5 - 0.6]
    torch.testing.assert_close(start.grad, torch.tensor([half, mark]) / 4)
    torch.testing.assert_close(end.grad, torch.tensor([other, mark]) / 4)


def test_teachers_are_shown_only_what_they_have_a_say_in(tmp_path: Path, tokenizer: Any) -> None:
    shown: list[list[Example]] = []
    own = save_mpnet(tmp_path, tokenizer)

    def teach(batch: Sequence[Example]) -> Taught:
        shown.append(list(batch))
        places = torch.zeros(len(batch), 1 + max(len(example.window) for example in batch))
        return places, places

    model = MPNetForQuestionAnswering.from_pretrained(tmp_path)
    trainer = Trainer(model, Layout.of(own), Plan(steps=9), tmp_path / "out", "cpu", teach)
    long, short = examples(own)
    nothing = Example(long.question, long.window)
    for batch in ([nothing, short], [nothing]):
        assert np.isfinite(trainer.step(batch))
    assert shown == [[short]]


def test_a_batch_seen_again_costs_no_teacher(tmp_path: Path, tokenizer: Any) -> None:
    asked: list[int] = []

    def teach(batch: Sequence[Example]) -> Taught:
        asked.append(len(batch))
        return saying(*range(1, 1 + len(batch)))

    batch = examples(tokenizer)
    first = Notes(teach, tmp_path, "cpu", ["a", "b"])(batch)
    # A run that was stopped and goes on.
    again = Notes(teach, tmp_path, "cpu", ["a", "b"])(batch)
    assert asked == [2]
    for one, other, said in zip(first, again, saying(1, 2), strict=True):
        assert torch.equal(one, other)
        torch.testing.assert_close(one, said, atol=0.01, rtol=0)
    Notes(teach, tmp_path, "cpu", ["a", "b"])(batch[:1])
    assert asked == [2, 1]
    Notes(teach, tmp_path, "cpu", ["a"])(batch)  # others are asked themselves
    assert asked == [2, 1, 2]


def test_what_is_frozen_stays_and_costs_no_gradients(tmp_path: Path, tokenizer: Any) -> None:
    """Of three layers the upper one learns; nothing is carried back below it."""
    own = save_mpnet(tmp_path, tokenizer, layers=3)
    model = MPNetForQuestionAnswering.from_pretrained(tmp_path)
    freeze(model, 2)
    below: list[bool] = []
    model.mpnet.encoder.layer[1].register_forward_hook(
        lambda _module, _inputs, output: below.append(output[0].requires_grad)
    )
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    plan = Plan(steps=9, learning_rate=1e-2)
    trainer = Trainer(model, Layout.of(own), plan, tmp_path / "out", "cpu")
    trainer.step(examples(own))
    assert below == [False]
    changed = {
        name
        for name, weight in model.state_dict().items()
        if not torch.equal(weight.float(), before[name].bfloat16().float())
    }
    trained = {name for name in before if "layer.2." in name or "qa_outputs" in name}
    assert changed <= trained
    assert {"mpnet.encoder.layer.2.output.dense.weight", "qa_outputs.weight"} <= changed
    averaged = trainer.averaged(MPNetForQuestionAnswering.from_pretrained(tmp_path)).state_dict()
    assert {n for n, w in averaged.items() if not torch.equal(w, before[n])} == trained
