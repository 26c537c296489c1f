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
"""For a larger filter so many lists are probed that they hold twice the share of what it leaves,
which where all are probed anyway is all: half of 100,000 passages takes 5.1 ms, a tenth 1.1. Where
the filter keeps to one topic and the question does not, these are more lists. Of the best 10 of
such a tenth of 200,000 it finds 9.9 and at the least 7; a fixed number of lists gave 9.8 and 3. An
unfiltered search took 2.5 ms there, these 2.0 and, for a random tenth, 3.4, while 64 of 256 and 96
of 512 lists were probed without a filter."""


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
    Kind(50_000, "IVF256,SQ8", 256, 256),
    Kind(200_000, "IVF512,SQ8", 512, 128),
    Kind(700_000, "IVF1024,SQ8", 1024, 192),
)
"""Measured on one AVX-512 core with FAISS alone, vectors spread around 14,534 real passages, 200
questions of 1,202 of them (recall@10 against exact search and the least of any question;
milliseconds of CPU):

| lists probed | 100,000 (256 lists) | 200,000 (512) | 1,000,000 (1,024) |
|---|---|---|---|
| 64 | 0.991, 0.5, 1.4 | 0.979, 0.1, 1.4 | 0.983, 0.0, 3.5 |
| 96 | 0.996, 0.7, 2.0 | 0.986, 0.1, 2.1 | 0.989, 0.0, 5.1 |
| 128 | 0.997, 0.7, 2.7 | 0.991, 0.1, 2.8 | 0.991, 0.0, 6.6 |
| 192 | 1.000, 0.9, 4.0 | 0.996, 0.2, 4.1 | 0.998, 0.8, 9.6 |
| 256 | 1.000, 1.0, 5.5 | 1.000, 1.0, 5.5 | 0.998, 0.8, 12.8 |
| 512 | | 1.000, 1.0, 10.9 | |

Around only 2,000 real ones 32 of 1,024 lists gave 0.992: fewer centres are easier. A topic of few
passages is harder, since no list is its own: 2,654 passages of Wikipedia beside 52,000 around
abstracts on aerodynamics, 200 questions of them. Lists that were learnt before these came do worse
still, so a base is always made anew:

| lists probed | 54,654 (256 lists) | learnt before | 210,000 (512), 10,000 new | learnt before |
|---|---|---|---|---|
| 96 | 0.952, 0.1, 0.8 | 0.798, 0.2 | | |
| 128 | 0.968, 0.4, 1.1 | 0.862, 0.2 | 0.945, 0.3, 2.1 | 0.814, 0.1 |
| 192 | 0.988, 0.8, 1.7 | 0.952, 0.7 | 0.970, 0.5, 3.1 | 0.885, 0.4 |
| 256 | 1.000, 1.0, 2.2 | 1.000, 1.0 | 0.979, 0.6, 4.2 | 0.925, 0.4 |
| 512 | | | 1.000, 1.0, 8.2 | 1.000, 1.0 |

So all 256 lists are probed: rounding alone then loses nothing. Flat is slower: 4.1 to 2.4 ms at
55,000, 7.5 to 4.8 at 100,000, 12.9 to 9.5 at 200,000 (in turns), and takes four times the
memory; 65 ms at a million. Up to 50,000 it costs 3 ms. Training takes 0.3 s for 256 lists, 1 for
512, 4.4 for 1,024. 2,048 lists, half as many of them probed, were as good and took 27 s to make
instead of 11.
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
