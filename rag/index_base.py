"""The large part of the vector index: a FAISS index of an earlier state of the store."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from rag import index_file
from rag.encoder import Encoder, Vectors
from rag.errors import StoreError
from rag.index_file import Manifest, Wanted
from rag.index_kinds import (
    Kind,
    ids_of,
    kind_for,
    kind_named,
    new_index,
    search_parameters,
    training_size,
)
from rag.snapshot import Snapshot

MANIFEST = "index"
MORE = 16
"""So many more are taken: rounding may change the order, and of equal ones FAISS keeps any."""

Scores = dict[int, float]
"""Inner products by passage number."""
Found = tuple[Vectors, NDArray[np.int64]]
"""Inner products and FAISS's ids, (queries, found)."""


@dataclass(frozen=True, slots=True)
class Base:
    """Passages up to number ``last`` in a FAISS index whose ids are passage numbers.

    It was made at ``store_version``; ``manifest`` is the line that the store held when this was
    read or made.
    """

    index: faiss.Index
    kind: Kind
    last: int
    store_version: int
    manifest: str | None
    saved: bool

    def __len__(self) -> int:
        """Number of passages, those removed since included."""
        return int(self.index.ntotal)

    def vectors_of(self, snapshot: Snapshot, numbers: NDArray[np.int64]) -> Vectors:
        """The stored vectors of some of the passages, (numbers, dimension)."""
        if not isinstance(self.index, faiss.IndexIDMap):  # rounded
            return snapshot.vectors_of(numbers.tolist(), self.index.d)
        rows = np.searchsorted(ids_of(self.index), numbers)  # added in order
        vectors: Vectors = faiss.downcast_index(self.index.index).reconstruct_batch(rows)
        return vectors


def known_base(
    folder: Path, snapshot: Snapshot, encoder: Encoder, former: Base | None
) -> Base | None:
    """The former one while the store names no other; else the one in the file, if it is sound."""
    line = snapshot.meta(MANIFEST)
    if former is not None and former.manifest == line and former.store_version <= snapshot.version:
        return former
    manifest = Manifest.from_json(line)
    if manifest is None:
        return None
    wanted = Wanted(encoder.dimension, encoder.fingerprint, snapshot.version)
    index = index_file.read(folder, manifest, wanted)
    kind = kind_named(manifest.kind)
    if index is None or kind is None:
        return None
    base = Base(index, kind, manifest.last, manifest.store_version, line, saved=True)
    held = snapshot.passage_count() - len(snapshot.numbers(base.last))
    return base if held <= len(base) else None


def build(snapshot: Snapshot, encoder: Encoder, count: int) -> Base:
    """A base of all passages, trained on some that lie evenly among them."""
    kind = kind_for(count)
    numbers = snapshot.numbers()
    step = max(1, count // max(1, training_size(kind)))
    sample = numbers[:0] if kind.exact else numbers[::step]
    vectors = snapshot.vectors_of(sample.tolist(), encoder.dimension)
    index = new_index(kind, encoder.dimension, vectors)
    for some, vectors in snapshot.vectors(encoder.dimension):
        index.add_with_ids(vectors, some)
    if index.ntotal != count:
        raise StoreError(f"{count} passages but {index.ntotal} vectors; open the store again")
    line = snapshot.meta(MANIFEST)
    return Base(index, kind, int(numbers[-1]), snapshot.version, line, saved=False)


def nearest(
    base: Base,
    snapshot: Snapshot,
    queries: Vectors,
    k: int,
    only: NDArray[np.int64] | None,
    probes: int,
) -> list[Scores]:
    """``k`` passages of the base or some more, those in the store, with their true products.

    Fewer where no more are found.
    """
    if k == 0:
        return [{} for _ in queries]
    parameters = search_parameters(base.kind, only, probes)

    def search(most: int) -> Found:
        products, found = base.index.search(queries, most, params=parameters)
        return products, found

    if base.kind.exact:
        products, found = past_ties(search, k, len(base))
    else:
        products, found = search(min(k + MORE, len(base)))
    if base.kind.exact and (only is not None or snapshot.version == base.store_version):
        rows = zip(found.tolist(), products.tolist(), strict=True)
        # FAISS pads with -1 where it finds fewer.
        return [{n: s for n, s in zip(*row, strict=True) if n >= 0} for row in rows]
    return _stored_products(snapshot, queries, found)


def past_ties(search: Callable[[int], Found], k: int, held: int) -> Found:
    """The nearest ``k`` for each query and more, so that all are there that equal the last of them.

    ``search`` finds so many of the ``held`` ones, best first, but of those that equal its last any.
    """
    most = min(k + MORE, held)
    products, found = search(most)
    while most < held and ((products[:, k - 1] == products[:, -1]) & (found[:, -1] >= 0)).any():
        most = min(8 * most, held)
        products, found = search(most)
    return products, found


def _stored_products(
    snapshot: Snapshot, queries: Vectors, found: NDArray[np.int64]
) -> list[Scores]:
    """Products of the stored vectors, of those found that are in the store."""
    numbers, vectors = snapshot.vectors_found(
        np.unique(found[found >= 0]).tolist(), queries.shape[1]
    )
    row_of = {number: row for row, number in enumerate(numbers)}
    scores = []
    for query, line in zip(queries, found.tolist(), strict=True):
        there = [number for number in line if number in row_of]
        products = vectors[[row_of[number] for number in there]] @ query
        scores.append(dict(zip(there, products.tolist(), strict=True)))
    return scores
