"""Mixed precision for a question-answering model on CPUs that multiply bf16 in hardware."""

from typing import Any

import torch
from torch import nn


class FullPrecision(nn.Module):
    """A linear layer that stays float32 inside autocast.

    Logits rounded to bf16 (8 bits) would tie or swap spans that differ by a few hundredths.
    """

    def __init__(self, linear: nn.Linear) -> None:
        """Wrap the layer."""
        super().__init__()
        self.linear = linear

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """The layer's output, float32."""
        with torch.autocast("cpu", enabled=False):
            output: torch.Tensor = self.linear(hidden.float())
        return output


def mix(model: Any) -> None:
    """Store the encoder's matrices in bf16; embeddings, norms and the span head stay float32.

    To be run under ``torch.autocast("cpu", torch.bfloat16)``, which then has nothing to convert
    but activations.
    """
    head = getattr(model, "qa_outputs", None)
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not head:
            module.to(torch.bfloat16)
    if isinstance(head, nn.Linear):
        model.qa_outputs = FullPrecision(head)
