"""Which FAISS index suits how many passages: the table of crossover points, and what it implies."""

from dataclasses import dataclass
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.encoder import Vectors

TRAINED_ON = 48
"""Vectors a list that k-means sees; FAISS warns below 39."""
ROUNDS = 8
"""Of k-means: more change recall@10 by less than 0.2 points."""
COMPLETE_UP_TO = 10_000
"""A filter that leaves no more passages than this is searched in every list. A passage picked out
of a list costs ten times one read in passing: 240 against 25 ns."""
FILTERED_PROBES = 2
"""For a larger filter so many lists are probed that they hold twice the share of what it leaves:
recall@10 is 0.999 then (a half and a quarter of 100,000 passages, 128 of 256 lists, 2.7 and 2.1
ms). Where the filter keeps to one topic and the question does not, these are more lists. Of the
best 10 of such a tenth of 200,000 it finds 9.9 and at the least 7; a fixed number of lists gave
9.8 and 3. An unfiltered search took 2.5 ms there, these 2.0 and, for a random tenth, 3.4, while
64 of 256 and 96 of 512 lists were probed without a filter."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An index for ``passages`` or more; ``factory`` is FAISS's name for it.

    ``lists`` and ``probes`` are those of an inverted file, 0 where the search is exhaustive.
    """

    passages: int
    factory: str
    lists: int = 0
    probes: int = 0

    @property
    def exact(self) -> bool:
        """Whether every passage is compared, at the precision that is stored."""
        return not self.lists


KINDS = (
    Kind(0, "IDMap,Flat"),
    Kind(50_000, "IVF256,SQ8", 256, 96),
    Kind(200_000, "IVF512,SQ8", 512, 128),
    Kind(700_000, "IVF1024,SQ8", 1024, 192),
)
"""Measured on one AVX-512 core, vectors spread around 12,824 real paragraphs, 200 questions of such
paragraphs (recall@10 against exact search and the least of any question; milliseconds of CPU):

| lists probed | 100,000 (256 lists) | 200,000 (512) | 1,000,000 (1,024) |
|---|---|---|---|
| 32 | 0.955, 0.3, 0.7 | 0.943, 0.0, 0.7 | 0.948, 0.0, 1.4 |
| 64 | 0.982, 0.3, 1.4 | 0.962, 0.0, 1.3 | 0.965, 0.0, 2.7 |
| 96 | 0.996, 0.7, 2.1 | 0.980, 0.1, 2.0 | 0.973, 0.0, 3.8 |
| 128 | 0.998, 0.7, 2.8 | 0.990, 0.4, 2.5 | 0.982, 0.0, 5.3 |
| 192 | | | 0.992, 0.5, 7.4 |
| 256 | | | 0.993, 0.5, 9.5 |

Around only 2,000 real ones 32 of 1,024 lists gave 0.992: fewer centres are easier. Flat takes 5 to
7 ms at 100,000 and 65 at a million; up to 50,000 it costs 3 ms and misses nothing. 2,048 lists,
half as many of them probed, were as good and took 27 s to make instead of 11.
"""


def kind_for(passages: int) -> Kind:
    """The kind for this many passages."""
    return next(kind for kind in reversed(KINDS) if passages >= kind.passages)


def kind_named(factory: str) -> Kind | None:
    """The kind with this name, or None."""
    return next((kind for kind in KINDS if kind.factory == factory), None)


def training_size(kind: Kind) -> int:
    """How many vectors its training wants."""
    return TRAINED_ON * kind.lists


def new_index(kind: Kind, dimension: int, sample: Vectors) -> faiss.Index:
    """An empty index, trained on ``sample`` (vectors, dimension); equal samples train equally."""
    index = faiss.index_factory(dimension, kind.factory, faiss.METRIC_INNER_PRODUCT)
    if not kind.exact:
        clustering = index.cp  # type: ignore[attr-defined]  # not in stubs
        clustering.niter, clustering.seed = ROUNDS, 1
        index.train(sample)
    return index


def search_parameters(
    kind: Kind, only: NDArray[np.int64] | None, probes: int
) -> faiss.SearchParameters | None:
    """How to search an index, all of it or ``only`` some numbers (ascending), in so many lists.

    A filter is a bitmap over the numbers.
    """
    chosen: dict[str, Any] = {}
    if only is not None:
        chosen["sel"] = faiss.IDSelectorBitmap(_bitmap(only))  # type: ignore[call-arg, arg-type]  # wrapped at run time
    if kind.exact:
        return faiss.SearchParameters(**chosen) if chosen else None
    return faiss.SearchParametersIVF(nprobe=probes, **chosen)  # type: ignore[call-arg]  # wrapped at run time


def filtered_probes(
    index: faiss.Index, kind: Kind, queries: Vectors, members: NDArray[np.int64]
) -> list[int]:
    """How many lists to probe for each query where a filter leaves ``members`` (lists,) of each.

    So many that those nearest to the query hold ``FILTERED_PROBES`` times the share of members
    that an unfiltered search would see.
    """
    if members.sum() <= COMPLETE_UP_TO:
        return [kind.lists] * len(queries)
    _, nearest = index.quantizer.search(queries, kind.lists)  # type: ignore[attr-defined]  # not in stubs
    held = np.cumsum(members[nearest], axis=1)
    enough = members.sum() * min(1.0, FILTERED_PROBES * kind.probes / kind.lists)
    least = 1 + (held < enough).sum(axis=1)
    probes: list[int] = np.clip(least, kind.probes, kind.lists).tolist()
    return probes


def list_of_each(index: faiss.Index, last: int) -> NDArray[np.int32]:
    """The inverted list of each passage by its number, (last + 1,); 0 for numbers of none."""
    found = np.zeros(last + 1, dtype=np.int32)
    lists = index.invlists  # type: ignore[attr-defined]  # not in stubs
    for number in range(lists.nlist):
        if size := lists.list_size(number):
            found[faiss.rev_swig_ptr(lists.get_ids(number), size)] = number
    return found


def lists_of(index: faiss.Index) -> int:
    """Number of inverted lists, 0 where the index has none."""
    return int(index.nlist) if isinstance(index, faiss.IndexIVF) else 0


def ids_of(index: faiss.Index) -> NDArray[np.int64]:
    """All passage numbers in an index, in no particular order."""
    if isinstance(index, faiss.IndexIDMap):
        return np.array(faiss.vector_to_array(index.id_map), dtype=np.int64)
    lists = index.invlists  # type: ignore[attr-defined]  # not in stubs
    parts = [
        faiss.rev_swig_ptr(lists.get_ids(number), lists.list_size(number)).copy()
        for number in range(lists.nlist)
        if lists.list_size(number)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _bitmap(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    bits = np.zeros(int(numbers[-1]) + 1 if len(numbers) else 0, dtype=np.bool_)
    bits[numbers] = True
    return np.packbits(bits, bitorder="little")
