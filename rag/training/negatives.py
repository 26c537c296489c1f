"""Passages that teach the reader to say "not here".

Two kinds, each met in use: a well-retrieved passage that lacks the answer, and the right passage
with the answering sentence cut out. Altered questions are a third, see ``alterations``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from rag.encoder import SentenceTransformerEncoder, Vectors, default_model_folder
from rag.evaluation.qa import normalize_answer
from rag.training.examples import Context, IntArray, Material, sentence_around, token_span

AT_ONCE = 2048  # texts that are embedded between two words of progress


def mine(
    material: Material,
    questions: NDArray[np.float32],
    contexts: NDArray[np.float32],
    keep: int = 12,
) -> NDArray[np.int32]:
    """For each question the ``keep`` nearest contexts that hold none of its answers, -1 padded.

    ``questions`` is (questions, dimension), ``contexts`` (contexts, dimension), unit rows.
    """
    normal = [f" {normalize_answer(context.text)} " for context in material.contexts]
    result = np.full((len(material.questions), keep), -1, dtype=np.int32)
    looked_at = min(keep * 3, len(contexts))
    for begin in range(0, len(questions), 1024):
        scores = questions[begin : begin + 1024] @ contexts.T
        near = np.argpartition(-scores, looked_at - 1, axis=1)[:, :looked_at]
        order = np.argsort(-np.take_along_axis(scores, near, axis=1), axis=1, kind="stable")
        for row, candidates in enumerate(np.take_along_axis(near, order, axis=1)):
            question = material.questions[begin + row]
            golds = [f" {normalize_answer(text)} " for text, _ in question.answers]
            fit = [
                c
                for c in candidates
                if c != question.context and not any(gold in normal[c] for gold in golds)
            ][:keep]
            result[begin + row, : len(fit)] = fit
    return result


def without_answer(context: Context, answers: Sequence[tuple[str, int]]) -> IntArray | None:
    """Tokens of the context less the sentence that answers; None where the answer stays."""
    sentence = answering_sentence(context.text, answers)
    span = sentence and token_span(context, *sentence)
    if not span:
        return None
    return np.concatenate([context.tokens[: span[0]], context.tokens[span[1] + 1 :]])


def answering_sentence(text: str, answers: Sequence[tuple[str, int]]) -> tuple[int, int] | None:
    """Bounds of the sentence whose loss takes the answer along; None where nothing else is left."""
    answer, start = answers[0]
    left, right = sentence_around(text, start, start + len(answer))
    if right - left > 0.7 * len(text):
        return None
    rest = normalize_answer(text[:left] + text[right:])
    if any(normalize_answer(other) in rest for other, _ in answers):
        return None
    return left, right


def embed(texts: Sequence[str], device: str) -> Vectors:
    """Unit vectors of the texts by the shipped encoder, (texts, dimension), float32."""
    if device == "cpu":
        encoder = SentenceTransformerEncoder()  # without padding
        parts = [
            encoder.encode_passages(texts[begin : begin + AT_ONCE])
            for begin in tqdm(range(0, len(texts), AT_ONCE), desc="Embedding")
        ]
        return np.concatenate(parts)
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(default_model_folder()), device=device).bfloat16()
    vectors: Vectors = model.encode(
        list(texts), batch_size=64, normalize_embeddings=True, show_progress_bar=True
    )
    return vectors.astype(np.float32)
