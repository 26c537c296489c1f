"""How good the reader is so far: validation during training."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.evaluation.qa import exact_match, f1
from rag.spans import best_spans
from rag.training.batches import Example, Layout, collate, span_logits
from rag.training.examples import Context, IntArray, Material
from rag.training.plan import MAX_ANSWER, MAX_QUESTION

ROOM = 384  # tokens of question and context that are read


def _example(question: IntArray, context: Context) -> Example:
    asked = question[:MAX_QUESTION]
    return Example(asked, context.tokens[: ROOM - len(asked) - 4])


@torch.inference_mode()
def predict(
    model: torch.nn.Module,
    tokenizer: Any,
    pairs: list[tuple[IntArray, Context]],
    device: str,
) -> list[tuple[str, float]]:
    """Best text and its margin over "no answer" for each (question tokens, context), in order."""
    layout = Layout.of(tokenizer)
    results: list[tuple[str, float]] = [("", 0.0)] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1].tokens))
    mixed = next(model.parameters()).dtype == torch.float32
    for begin in range(0, len(order), 32):
        chosen = order[begin : begin + 32]
        batch = collate([_example(*pairs[i]) for i in chosen], layout, device)
        with torch.autocast(device, torch.bfloat16, enabled=mixed):
            start, end = (logits.cpu().numpy() for logits in span_logits(model, batch))
        allowed = batch.real.cpu().numpy()
        allowed[:, 0] = False
        free = np.zeros((allowed.shape[1], MAX_ANSWER), np.float32)
        for row, i in enumerate(chosen):
            context = pairs[i][1]
            span = best_spans(start[row], end[row], allowed[row], free, 1)[0]
            text = context.text[context.starts[span.first - 1] : context.ends[span.last - 1]]
            results[i] = text, span.score - float(start[row, 0] + end[row, 0])
    return results


def validate(
    model: torch.nn.Module,
    tokenizer: Any,
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
        "exact_match": float(
            np.mean([exact_match(t, g) for (t, _), g in zip(found, golds, strict=True)])
        ),
        "f1": float(np.mean([f1(t, g) for (t, _), g in zip(found, golds, strict=True)])),
        "auroc": float((margins[:, None] > others[None, :]).mean()),
        "answered": float((margins > 0).mean()),
        "answered_wrong_context": float((others > 0).mean()),
    }
