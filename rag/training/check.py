"""How good the reader is so far: validation during training."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rag.evaluation.qa import exact_match, f1
from rag.spans import best_spans
from rag.training.examples import Context, IntArray, Material
from rag.training.plan import MAX_ANSWER, MAX_QUESTION, padded


@torch.inference_mode()
def predict(
    model: torch.nn.Module,
    tokenizer: Any,
    pairs: list[tuple[IntArray, Context]],
    device: str,
) -> list[tuple[str, float]]:
    """Best text and its margin over "no answer" for each (question tokens, context), in order."""
    room = 384
    results: list[tuple[str, float]] = [("", 0.0)] * len(pairs)
    order = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0]) + len(pairs[i][1].tokens))
    dtype = next(model.parameters()).dtype
    for begin in range(0, len(order), 32):
        chosen = order[begin : begin + 32]
        rows = [(pairs[i][0][:MAX_QUESTION], pairs[i][1]) for i in chosen]
        width = padded(min(room, max(len(q) + len(c.tokens) for q, c in rows) + 3))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, (question, context) in enumerate(rows):
            tokens = context.tokens[: width - len(question) - 3]
            line = [
                tokenizer.cls_token_id,
                *question,
                tokenizer.sep_token_id,
                *tokens,
                tokenizer.sep_token_id,
            ]
            ids[row, : len(line)] = torch.as_tensor(line)
            types[row, len(question) + 2 : len(line)] = 1
            mask[row, : len(line)] = 1
        with torch.autocast(device, torch.bfloat16, enabled=dtype == torch.float32):
            output = model(
                input_ids=ids.to(device),
                attention_mask=mask.to(device),
                token_type_ids=types.to(device),
            )
        starts, ends = (
            output.start_logits.float().cpu().numpy(),
            output.end_logits.float().cpu().numpy(),
        )
        for row, (i, (question, context)) in enumerate(zip(chosen, rows, strict=True)):
            offset = len(question) + 2
            stop = offset + min(len(context.tokens), width - len(question) - 3)
            span = best_spans(
                starts[row, offset:stop],
                ends[row, offset:stop],
                np.ones(stop - offset, bool),
                np.zeros((stop - offset, MAX_ANSWER), np.float32),
                1,
            )[0]
            text = context.text[context.starts[span.first] : context.ends[span.last]]
            results[i] = text, span.score - float(starts[row, 0] + ends[row, 0])
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
