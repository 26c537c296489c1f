"""Titles in front of training passages, as the reader is given those of documents."""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any
from urllib.parse import unquote

import numpy as np


def titled(articles: Iterable[Any], share: float, seed: int) -> list[Any]:
    """The articles with their title as first line of a ``share`` of their passages.

    Places of answers move along. Underscores and percent escapes of a title are resolved; an
    article without title stays as it is.
    """
    rng = np.random.default_rng(seed)
    made = deepcopy(list(articles))
    for article in made:
        title = unquote(str(article.get("title") or "")).replace("_", " ").strip()
        for paragraph in article["paragraphs"]:
            if title and rng.random() < share:
                front = f"{title}.\n"
                paragraph["context"] = front + paragraph["context"]
                for row in paragraph["qas"]:
                    for answer in row["answers"]:
                        answer["answer_start"] += len(front)
    return made
