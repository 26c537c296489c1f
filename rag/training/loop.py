"""The training loop of the span reader: bf16 compute, float32 master weights, resumable.

A step's batch depends on the seed and the step alone, so a run that was stopped goes on as if it
had not been. Weights and optimiser state are safetensors, the rest JSON; nothing is pickled.
"""

import json
import math
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch.nn import functional

from rag.evaluation.qa import exact_match, f1
from rag.spans import best_spans
from rag.training import negatives
from rag.training.examples import Context, IntArray, Material, token_span, tokenize

MAX_QUESTION = 40
MAX_ANSWER = 40
POOL = 64  # batches that are sorted by length together


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained and how long; stored beside the checkpoint."""

    steps: int = 6000
    minutes: float = 0.0  # when set, the schedule follows the clock and not the steps
    learning_rate: float = 1.2e-4
    warmup: float = 0.05
    weight_decay: float = 0.01
    token_budget: int = 6144
    max_tokens: int = 256
    negative_share: float = 0.3
    average: float = 0.999
    seed: int = 7
    check_every: int = 500


@dataclass(slots=True)
class Progress:
    """Where a run stands."""

    step: int = 0
    seconds: float = 0.0
    examples: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a question and a context window, and the target tokens in the window."""

    question: IntArray
    window: IntArray
    first: int  # -1: no answer here
    last: int


class Sampler:
    """Turns material into an endless, seeded stream of examples and batches."""

    def __init__(
        self, material: Material, mined: NDArray[np.int32], tokenizer: Any, plan: Plan  # noqa: ANN401
    ) -> None:
        self.material = material
        self.mined = mined
        self.tokenizer = tokenizer
        self.plan = plan
        self.names = negatives.entities_by_article(material)
        self.cls, self.sep = tokenizer.cls_token_id, tokenizer.sep_token_id

    def batches(self, skip: int = 0) -> Iterator[dict[str, torch.Tensor]]:
        """Batches of about ``token_budget`` tokens; the first ``skip`` are passed over."""
        count, number = 0, 0
        while True:
            rng = np.random.default_rng([self.plan.seed, number])
            number += 1
            pool = self._pool(rng)
            for batch in pool:
                count += 1
                if count > skip:
                    yield self._collate(batch)

    def _pool(self, rng: np.random.Generator) -> list[list[Example]]:
        size = POOL * self.plan.token_budget // 192
        picks = rng.choice(len(self.material.questions), size=size, replace=False)
        examples = sorted(
            (self._example(int(pick), rng) for pick in picks),
            key=lambda e: len(e.question) + len(e.window),
        )
        batches: list[list[Example]] = []
        begin = 0
        while begin < len(examples):
            end = begin + 1
            while end < len(examples):
                width = _round(len(examples[end].question) + len(examples[end].window) + 3)
                if width * (end + 1 - begin) > self.plan.token_budget:
                    break
                end += 1
            batches.append(examples[begin:end])
            begin = end
        return [batches[i] for i in rng.permutation(len(batches))]

    def _example(self, pick: int, rng: np.random.Generator) -> Example:
        question = self.material.questions[pick]
        context = self.material.contexts[question.context]
        if not question.answers:
            return self._cut(question.tokens, context.tokens, None, rng)
        if rng.random() < self.plan.negative_share:
            negative = self._negative(pick, rng)
            if negative is not None:
                return negative
        text, start = question.answers[int(rng.integers(len(question.answers)))]
        span = token_span(context, start, start + len(text))
        if span is not None and span[1] - span[0] >= MAX_ANSWER:
            span = (span[0], span[0] + MAX_ANSWER - 1)
        return self._cut(self._asked(question.text, question.tokens, rng), context.tokens, span, rng)

    def _asked(self, text: str, tokens: IntArray, rng: np.random.Generator) -> IntArray:
        """Now and then without the question mark, as people type."""
        if rng.random() < 0.15 and text.rstrip().endswith("?"):
            return tokens[:-1]
        return tokens

    def _negative(self, pick: int, rng: np.random.Generator) -> Example | None:
        question = self.material.questions[pick]
        context = self.material.contexts[question.context]
        kind = rng.random()
        if kind < 0.5:
            near = self.mined[pick]
            near = near[near >= 0]
            if not len(near):
                return None
            other = self.material.contexts[int(near[int(rng.integers(len(near)))])]
            return self._cut(question.tokens, other.tokens, None, rng)
        if kind < 0.75:
            rest = negatives.without_answer(context, question.answers)
            return None if rest is None else self._cut(question.tokens, rest, None, rng)
        swapped = negatives.swap_entity(question, context, self.names[context.article], rng)
        if swapped is None:
            return None
        return self._cut(tokenize([swapped], self.tokenizer)[0], context.tokens, None, rng)

    def _cut(
        self,
        question: IntArray,
        tokens: IntArray,
        span: tuple[int, int] | None,
        rng: np.random.Generator,
    ) -> Example:
        question = question[:MAX_QUESTION]
        room = self.plan.max_tokens - len(question) - 3
        begin = 0
        if len(tokens) > room:
            low, high = 0, len(tokens) - room
            if span is not None:
                low, high = max(low, span[1] + 1 - room), min(high, span[0])
            begin = int(rng.integers(low, high + 1))
        window = tokens[begin : begin + room]
        if span is None:
            return Example(question, window, -1, -1)
        return Example(question, window, span[0] - begin, span[1] - begin)

    def _collate(self, batch: list[Example]) -> dict[str, torch.Tensor]:
        width = _round(max(len(e.question) + len(e.window) for e in batch) + 3)
        ids = np.zeros((len(batch), width), dtype=np.int64)
        types = np.zeros_like(ids)
        mask = np.zeros_like(ids)
        targets = np.zeros((len(batch), 2), dtype=np.int64)
        for row, example in enumerate(batch):
            begin = len(example.question) + 2
            stop = begin + len(example.window)
            ids[row, 0] = self.cls
            ids[row, 1 : begin - 1] = example.question
            ids[row, begin - 1] = self.sep
            ids[row, begin:stop] = example.window
            ids[row, stop] = self.sep
            types[row, begin : stop + 1] = 1
            mask[row, : stop + 1] = 1
            if example.first >= 0:
                targets[row] = begin + example.first, begin + example.last
        return {
            "input_ids": torch.from_numpy(ids),
            "token_type_ids": torch.from_numpy(types),
            "attention_mask": torch.from_numpy(mask),
            "targets": torch.from_numpy(targets),
        }


def _round(length: int) -> int:
    """Few distinct widths: a new shape costs a CPU as much as the work."""
    return -(-length // 32) * 32


def span_loss(output: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:  # noqa: ANN401
    """Mean cross entropy of start and end; position 0 ([CLS]) stands for no answer."""
    hidden = ~batch["allowed"]
    start = output.start_logits.float().masked_fill(hidden, -1e4)
    end = output.end_logits.float().masked_fill(hidden, -1e4)
    first = functional.cross_entropy(start, batch["targets"][:, 0])
    return (first + functional.cross_entropy(end, batch["targets"][:, 1])) / 2


def allowed_positions(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """(batch, tokens): the context's tokens and [CLS]; its closing [SEP] is left out."""
    allowed = (batch["token_type_ids"] == 1) & (batch["input_ids"] != 102)
    allowed[:, 0] = True
    return allowed


class Trainer:
    """Master weights, optimiser, moving average and their checkpoint."""

    def __init__(self, model: torch.nn.Module, plan: Plan, folder: Path, device: str) -> None:
        self.plan, self.folder, self.device = plan, folder, device
        self.model = model.to(device=device, dtype=torch.bfloat16).train()
        self.names = [name for name, _ in self.model.named_parameters()]
        self.master = [p.detach().float().clone() for p in self.model.parameters()]
        self.average = [p.clone() for p in self.master]
        decay = [p for p in self.master if p.dim() > 1]
        rest = [p for p in self.master if p.dim() == 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": plan.weight_decay}, {"params": rest, "weight_decay": 0.0}],
            lr=plan.learning_rate,
            fused=True,
        )
        self.progress = Progress()
        folder.mkdir(parents=True, exist_ok=True)

    def share_done(self) -> float:
        """0 at the start, 1 at the end of the schedule."""
        if self.plan.minutes:
            return min(1.0, self.progress.seconds / (60 * self.plan.minutes))
        return min(1.0, self.progress.step / self.plan.steps)

    def step(self, batch: dict[str, torch.Tensor]) -> float:
        """One optimiser step; returns the loss."""
        began = time.monotonic()
        batch = {key: value.to(self.device) for key, value in batch.items()}
        batch["allowed"] = allowed_positions(batch)
        output = self.model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            token_type_ids=batch["token_type_ids"],
        )
        loss = span_loss(output, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        for master, param in zip(self.master, self.model.parameters(), strict=True):
            master.grad = None if param.grad is None else param.grad.float()
            param.grad = None
        torch.nn.utils.clip_grad_norm_(self.master, 1.0)
        rate = self.plan.learning_rate * _schedule(self.share_done(), self.plan.warmup)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        keep = min(self.plan.average, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.master, 1 - keep)
            for master, param in zip(self.master, self.model.parameters(), strict=True):
                param.copy_(master)
        self.progress.step += 1
        self.progress.examples += len(batch["input_ids"])
        self.progress.seconds += time.monotonic() - began
        return float(loss.detach())

    def save(self) -> None:
        """Write the checkpoint beside the old one and swap it in."""
        tensors: dict[str, torch.Tensor] = {}
        for name, master, average in zip(self.names, self.master, self.average, strict=True):
            tensors[f"master.{name}"] = master
            tensors[f"average.{name}"] = average
            for key, value in self.optimizer.state.get(master, {}).items():
                tensors[f"optimizer.{name}.{key}"] = torch.as_tensor(value).contiguous()
        temporary = self.folder / "state.tmp"
        save_file(tensors, temporary, {"progress": json.dumps(asdict(self.progress))})
        os.replace(temporary, self.folder / "state.safetensors")
        (self.folder / "plan.json").write_text(json.dumps(asdict(self.plan), indent=1) + "\n")

    def resume(self) -> bool:
        """Load the checkpoint where there is one."""
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        from safetensors import safe_open

        with safe_open(path, "pt") as file:
            self.progress = Progress(**json.loads(file.metadata()["progress"]))
        tensors = load_file(path, device=self.device)
        with torch.no_grad():
            for name, master, average, param in zip(
                self.names, self.master, self.average, self.model.parameters(), strict=True
            ):
                master.copy_(tensors[f"master.{name}"])
                average.copy_(tensors[f"average.{name}"])
                param.copy_(master)
                prefix = f"optimizer.{name}."
                state = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
                if state:
                    self.optimizer.state[master] = state
        return True

    def averaged(self, model: torch.nn.Module) -> torch.nn.Module:
        """Copy the moving average into a float32 model of the same shape."""
        with torch.no_grad():
            for param, average in zip(model.parameters(), self.average, strict=True):
                param.copy_(average)
        return model.eval()


def _schedule(done: float, warmup: float) -> float:
    """Linear up, cosine down to 2 %."""
    if done < warmup:
        return max(done / warmup, 0.01)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


@torch.inference_mode()
def predict(
    model: torch.nn.Module, tokenizer: Any, pairs: list[tuple[IntArray, Context]], device: str  # noqa: ANN401
) -> list[tuple[str, float]]:
    """Best text and its margin over "no answer" for each (question tokens, context), in order."""
    room = 384
    results: list[tuple[str, float]] = [("", 0.0)] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1].tokens))
    dtype = next(model.parameters()).dtype
    for begin in range(0, len(order), 32):
        chosen = order[begin : begin + 32]
        rows = [(pairs[i][0][:MAX_QUESTION], pairs[i][1]) for i in chosen]
        width = _round(min(room, max(len(q) + len(c.tokens) for q, c in rows) + 3))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, (question, context) in enumerate(rows):
            tokens = context.tokens[: width - len(question) - 3]
            line = [tokenizer.cls_token_id, *question, tokenizer.sep_token_id, *tokens, tokenizer.sep_token_id]
            ids[row, : len(line)] = torch.as_tensor(line)
            types[row, len(question) + 2 : len(line)] = 1
            mask[row, : len(line)] = 1
        with torch.autocast(device, torch.bfloat16, enabled=dtype == torch.float32):
            output = model(
                input_ids=ids.to(device), attention_mask=mask.to(device), token_type_ids=types.to(device)
            )
        starts, ends = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
        for row, (i, (question, context)) in enumerate(zip(chosen, rows, strict=True)):
            offset = len(question) + 2
            stop = offset + min(len(context.tokens), width - len(question) - 3)
            span = best_spans(
                starts[row, offset:stop], ends[row, offset:stop], np.ones(stop - offset, bool), MAX_ANSWER, 1
            )[0]
            text = context.text[context.starts[span.first] : context.ends[span.last]]
            results[i] = text, span.score - float(starts[row, 0] + ends[row, 0])
    return results


def validate(
    model: torch.nn.Module,
    tokenizer: Any,  # noqa: ANN401
    material: Material,
    picks: NDArray[np.int64],
    device: str,
) -> dict[str, float]:
    """EM and F1 on the picked questions' own contexts, and how well "no answer" is told.

    Each question is also asked of the next picked question's context; ``auroc`` is the chance
    that the margin on the right context is above that on the wrong one.
    """
    questions = [material.questions[int(i)] for i in picks]
    right = [(q.tokens, material.contexts[q.context]) for q in questions]
    wrong = [(q.tokens, c) for q, (_, c) in zip(questions, right[1:] + right[:1], strict=True)]
    found = predict(model, tokenizer, right, device)
    margins = np.array([margin for _, margin in found])
    others = np.array([margin for _, margin in predict(model, tokenizer, wrong, device)])
    golds = [[text for text, _ in q.answers] for q in questions]
    return {
        "exact_match": float(np.mean([exact_match(t, g) for (t, _), g in zip(found, golds, strict=True)])),
        "f1": float(np.mean([f1(t, g) for (t, _), g in zip(found, golds, strict=True)])),
        "auroc": float((margins[:, None] > others[None, :]).mean()),
        "answered": float((margins > 0).mean()),
        "answered_wrong_context": float((others > 0).mean()),
    }
