"""The training loop of the span reader: bf16 compute, float32 master weights, resumable.

A step's batch depends on the seed and the step alone, so a run that was stopped goes on as if it
had not been. Weights and optimiser state are safetensors, the rest JSON; nothing is pickled.
"""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.nn import functional

from rag.errors import ModelError
from rag.training.batches import Example, Layout, collate, span_logits
from rag.training.plan import Plan
from rag.training.teacher import Taught, Teaching


@dataclass(slots=True)
class Progress:
    """Where a run stands."""

    step: int = 0
    seconds: float = 0.0
    examples: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


Logits = tuple[torch.Tensor, torch.Tensor]
"""Start and end, (examples, 1 + window) each; place 0 stands for no answer."""


def span_loss(found: Logits, targets: torch.Tensor) -> torch.Tensor:
    """Mean cross entropy of start and end for each example; ``targets`` is (examples, 2)."""
    first, last = (
        functional.cross_entropy(logits, targets[:, side], reduction="none")
        for side, logits in enumerate(found)
    )
    return (first + last) / 2


def teaching_loss(found: Logits, taught: Taught) -> torch.Tensor:
    """For each example the cross entropy against the teachers' distributions, (examples,)."""
    first, last = (
        functional.cross_entropy(own, other.softmax(-1), reduction="none")
        for own, other in zip(found, taught, strict=True)
    )
    return (first + last) / 2


def loss_of(
    found: Logits, targets: torch.Tensor, taught: Taught | None, distil: float
) -> torch.Tensor:
    """What is minimised: ``distil`` of it against the teachers, where they find the answer.

    ``taught`` has the rows of the examples that have one, as wide as they need. Where a passage
    does not answer, teachers see answers that are none; and where they find neither the start of
    the answer nor its end, they know no better than the mark.
    """
    losses = span_loss(found, targets)
    total = losses.sum()
    if taught is not None:
        answered, width = targets[:, 0] > 0, taught[0].shape[1]
        marked = targets[answered]
        knows = (taught[0].argmax(1) == marked[:, 0]) | (taught[1].argmax(1) == marked[:, 1])
        own = found[0][answered, :width], found[1][answered, :width]
        gain = teaching_loss(own, taught) - losses[answered]
        total = total + distil * (gain * knows).sum()
    return total / len(losses)


def freeze(model: Any, layers: int) -> None:
    """Leave the embeddings and the lowest layers as they are, where any layer is named.

    So are the position biases that MPNet's layers share: through them gradients would have to be
    carried down to the lowest layer after all.
    """
    if layers:
        model.base_model.requires_grad_(requires_grad=False)
        for layer in model.base_model.encoder.layer[layers:]:
            layer.requires_grad_(requires_grad=True)


class Trainer:
    """Master weights, optimiser, moving average and their checkpoint, of what is not frozen."""

    def __init__(
        self,
        model: torch.nn.Module,
        layout: Layout,
        plan: Plan,
        folder: Path,
        device: str,
        teacher: Teaching | None = None,
    ) -> None:
        self.plan, self.folder, self.device = plan, folder, device
        self.layout, self.teacher = layout, teacher
        trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.names = list(trained)
        self.master = [p.detach().to(device).float().clone() for p in trained.values()]
        self.model = model.to(device=device, dtype=torch.bfloat16).train()
        self.params = [p for p in self.model.parameters() if p.requires_grad]
        self.average = [p.clone() for p in self.master]
        decay = [p for p in self.master if p.dim() > 1]
        rest = [p for p in self.master if p.dim() == 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decay, "weight_decay": plan.weight_decay},
                {"params": rest, "weight_decay": 0.0},
            ],
            lr=plan.learning_rate,
            fused=True,
        )
        self.progress = Progress()
        self.learns_from: Mapping[str, str] = {}
        """Digests of what is no part of the plan, by the option that gives it; ``resume``
        compares them."""
        folder.mkdir(parents=True, exist_ok=True)

    def share_done(self) -> float:
        """0 at the start, 1 at the end of the schedule."""
        if self.plan.minutes:
            return min(1.0, self.progress.seconds / (60 * self.plan.minutes))
        return min(1.0, self.progress.step / self.plan.steps)

    def step(self, examples: Sequence[Example]) -> float:
        """One optimiser step; returns the loss."""
        began = time.monotonic()
        torch.manual_seed(self.plan.seed + self.progress.step)  # the same dropout after a resume
        batch = collate(examples, self.layout, self.device)
        found = span_logits(self.model, batch)
        answered = [example for example in examples if example.first >= 0]
        taught = self.teacher(answered) if self.teacher and answered else None
        loss = loss_of(found, batch.targets, taught, self.plan.distil)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it without types
        for master, param in zip(self.master, self.params, strict=True):
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
            for master, param in zip(self.master, self.params, strict=True):
                param.copy_(master)
        self.progress.step += 1
        self.progress.examples += len(examples)
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
        told = {"progress": asdict(self.progress), "given": self._given()}
        save_file(tensors, temporary, {name: json.dumps(value) for name, value in told.items()})
        temporary.replace(self.folder / "state.safetensors")
        course = json.dumps(asdict(self.progress), indent=1)
        (self.folder / "progress.json").write_text(course + "\n")
        (self.folder / "plan.json").write_text(json.dumps(asdict(self.plan), indent=1) + "\n")

    def resume(self) -> bool:
        """Load the checkpoint where there is one.

        Raises:
            ModelError: it is of another plan, longer or shorter ones apart, or learnt from others.
        """
        path = self.folder / "state.safetensors"
        if not path.exists():
            return False
        with safe_open(path, "pt") as file:
            told = {name: json.loads(value) for name, value in file.metadata().items()}
        given, before = self._given(), told.get("given", {})  # older ones do not tell
        others = [name for name in before.keys() & given if before[name] != given[name]]
        if others:
            options = ", ".join(f"--{name.replace('_', '-')}" for name in sorted(others))
            raise ModelError(f"{path}: trained with another {options}; give it, or another --out")
        self.progress = Progress(**told["progress"])
        tensors = load_file(path, device=self.device)
        with torch.no_grad():
            for name, master, average, param in zip(
                self.names, self.master, self.average, self.params, strict=True
            ):
                master.copy_(tensors[f"master.{name}"])
                average.copy_(tensors[f"average.{name}"])
                param.copy_(master)
                prefix = f"optimizer.{name}."
                state = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
                if state:
                    self.optimizer.state[master] = state
        return True

    def _given(self) -> dict[str, Any]:
        """What a checkpoint must agree with to go on from; how long it goes on is free."""
        plan = asdict(self.plan)
        del plan["steps"], plan["minutes"]
        return {**plan, **self.learns_from}

    def averaged(self, model: torch.nn.Module) -> torch.nn.Module:
        """Copy the moving average into a float32 model with the same frozen weights."""
        params = dict(model.named_parameters())
        with torch.no_grad():
            for name, average in zip(self.names, self.average, strict=True):
                params[name].copy_(average)
        return model.eval()


def _schedule(done: float, warmup: float) -> float:
    """Linear up, cosine down to 2 %."""
    if done < warmup:
        return max(done / warmup, 0.01)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))
