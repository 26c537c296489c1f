"""Which FAISS index suits how many passages: the table of crossover points, and what it implies."""

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.encoder import Vectors

TRAINED_ON = 48
"""Vectors a list that k-means sees; FAISS warns below 39."""
ROUNDS = 8
"""Of k-means: more change recall@10 by less than 0.2 points."""
COMPLETE_UP_TO = 100_000
"""A filter that leaves no more passages than this is searched in every list."""


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
    Kind(50_000, "IVF256,SQ8", 256, 16),
    Kind(200_000, "IVF512,SQ8", 512, 24),
    Kind(700_000, "IVF1024,SQ8", 1024, 32),
)


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
        index.cp.niter = ROUNDS
        index.cp.seed = 1
        index.train(sample)
    return index


def search_parameters(
    kind: Kind, passages: int, only: NDArray[np.int64] | None, *, complete: bool = False
) -> faiss.SearchParameters | None:
    """How to search an index of ``passages``, all of them or ``only`` some numbers (ascending).

    A filter is a bitmap over the numbers. As many lists more are probed as it leaves fewer
    passages, so about as many are compared as without it; where it leaves few, or for a
    ``complete`` search, all lists are.
    """
    # faiss adds the keywords of its parameter classes at run time, so its stubs lack them.
    chosen = {} if only is None else {"sel": faiss.IDSelectorBitmap(_bitmap(only))}
    if kind.exact:
        return faiss.SearchParameters(**chosen) if chosen else None  # type: ignore[call-arg]
    probes = kind.probes
    if complete or (only is not None and len(only) <= COMPLETE_UP_TO):
        probes = kind.lists
    elif only is not None:
        probes = min(kind.lists, kind.probes * -(-passages // len(only)))
    return faiss.SearchParametersIVF(nprobe=probes, **chosen)  # type: ignore[call-arg]


def lists_of(index: faiss.Index) -> int:
    """Number of inverted lists, 0 where the index has none."""
    return int(index.nlist) if isinstance(index, faiss.IndexIVF) else 0


def ids_of(index: faiss.Index) -> NDArray[np.int64]:
    """All passage numbers in an index, in no particular order."""
    if isinstance(index, faiss.IndexIDMap):
        return np.array(faiss.vector_to_array(index.id_map), dtype=np.int64)
    lists = index.invlists
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
