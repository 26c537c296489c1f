"""Material as an endless, seeded stream of batches."""

import re
from collections.abc import Iterator
from itertools import count, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.training import alterations, negatives
from rag.training.batches import Example
from rag.training.examples import IntArray, Material, token_span, tokenize
from rag.training.plan import MAX_ANSWER, MAX_QUESTION, POOL, Plan, padded

_OPENINGS = ("can you tell me", "please tell me", "i would like to know", "do you know", "so")
_FILLERS = re.compile(
    r"\b(?:the|a|an|is|are|was|were|do|does|did|has|have|had|of|to)\b\s*", re.IGNORECASE
)


class Sampler:
    """Turns material into an endless, seeded stream of examples and batches."""

    def __init__(
        self,
        material: Material,
        mined: NDArray[np.int32],
        tokenizer: Any,
        plan: Plan,
    ) -> None:
        self.material = material
        self.mined = mined
        self.tokenizer = tokenizer
        self.plan = plan
        asked = material.asked()
        self.names = {article: alterations.entities(own) for article, own in asked.items()}
        self.words = {article: alterations.words(own) for article, own in asked.items()}

    def batches(self, skip: int = 0) -> Iterator[list[Example]]:
        """Batches of about ``token_budget`` tokens; the first ``skip`` are passed over."""
        return islice(self._rounds() if self.plan.repeat else self._fresh(), skip, None)

    def _fresh(self) -> Iterator[list[Example]]:
        for number in count():
            yield from self._pool(np.random.default_rng([self.plan.seed, number]))

    def _rounds(self) -> Iterator[list[Example]]:
        kept: list[list[Example]] = []
        for batch in islice(self._fresh(), self.plan.repeat):
            kept.append(batch)
            yield batch
        for number in count(1):
            order = np.random.default_rng([self.plan.seed, number, len(kept)])
            yield from (kept[i] for i in order.permutation(len(kept)))

    def _pool(self, rng: np.random.Generator) -> list[list[Example]]:
        questions = len(self.material.questions)
        size = min(POOL * self.plan.token_budget // 192, questions)
        picks = rng.choice(questions, size=size, replace=False)
        examples = sorted(
            (self._example(int(pick), rng) for pick in picks),
            key=lambda e: len(e.question) + len(e.window),
        )
        batches: list[list[Example]] = []
        begin = 0
        while begin < len(examples):
            end = begin + 1
            while end < len(examples):
                width = padded(len(examples[end].question) + len(examples[end].window) + 3)
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
        return self._cut(
            self._asked(question.text, question.tokens, rng), context.tokens, span, rng
        )

    def _asked(self, text: str, tokens: IntArray, rng: np.random.Generator) -> IntArray:
        """Now and then as people type: no question mark, a polite opening, keywords alone."""
        kind = rng.random()
        if kind < 0.15 and text.rstrip().endswith("?"):
            return tokens[:-1]
        if kind < 0.18:
            opening = _OPENINGS[int(rng.integers(len(_OPENINGS)))]
            return tokenize([f"{opening} {text}"], self.tokenizer)[0]
        if kind < 0.21:
            return tokenize([_FILLERS.sub(" ", text).strip(" ?")], self.tokenizer)[0]
        return tokens

    def _negative(self, pick: int, rng: np.random.Generator) -> Example | None:
        question = self.material.questions[pick]
        context = self.material.contexts[question.context]
        kind = rng.random()
        if kind < 0.4:
            near = self.mined[pick]
            near = near[near >= 0]
            if not len(near):
                return None
            other = self.material.contexts[int(near[int(rng.integers(len(near)))])]
            return self._cut(question.tokens, other.tokens, None, rng)
        if kind < 0.55:
            rest = negatives.without_answer(context, question.answers)
            return None if rest is None else self._cut(question.tokens, rest, None, rng)
        if kind < 0.8:
            names = self.names[context.article]
            turned = alterations.swap_entity(question.text, context.text, names, rng)
        else:
            words = self.words[context.article]
            turned = alterations.turn_word(question.text, context.text, words, rng)
        if turned is None:
            return None
        return self._cut(tokenize([turned], self.tokenizer)[0], context.tokens, None, rng)

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
