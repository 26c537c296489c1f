"""The vector index: FAISS, derived from the store, never trusted more than it.

Passages never change and their numbers only grow, so an index of an earlier state of the store
stays right for what it holds: what came later is searched beside it, what was removed is dropped,
and it is made anew when too much has changed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from rag.snapshot import Snapshot
    from rag.store import Store

MANIFEST = "index"
SAVE_FROM = 2000  # passages; below this a rebuild is quicker than the checks
RENEW_SHARE = 0.03  # of the base; more changes than this are worked into it

_Scores = dict[int, float]
_NONE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Base:
    """Passages up to number ``last`` in a FAISS index whose ids are passage numbers.

    ``manifest`` is the line that the store held when this was read or made.
    """

    index: faiss.Index
    kind: Kind
    last: int
    manifest: str | None
    saved: bool

    def __len__(self) -> int:
        """Number of passages, those removed since included."""
        return int(self.index.ntotal)


@dataclass(frozen=True, slots=True)
class Recent:
    """Passages that the base does not hold, ascending; compared one by one."""

    numbers: NDArray[np.int64]  # (passages,)
    vectors: Vectors  # (passages, dimension)


class VectorIndex:
    """Inner-product search over the passages of one store version."""

    def __init__(
        self, base: Base | None, recent: Recent, store_version: int, passages: int
    ) -> None:
        """Put together what ``open_index`` found; ``passages`` is the number of both together."""
        self._base = base
        self._recent = recent
        self._passages = passages
        self.store_version = store_version

    def __len__(self) -> int:
        """Number of passages."""
        return self._passages

    @property
    def base(self) -> Base | None:
        """The large part, None in a small store."""
        return self._base

    @property
    def recent(self) -> Recent:
        """The small part."""
        return self._recent

    @property
    def removed(self) -> int:
        """How many passages of the base are no longer in the store."""
        held = 0 if self._base is None else len(self._base)
        return held + len(self._recent.numbers) - self._passages

    def search(
        self, snapshot: "Snapshot", queries: Vectors, k: int, only: NDArray[np.int64] | None = None
    ) -> list[list[tuple[int, float]]]:
        """For each query up to ``k`` (passage number, inner product), best first, ties by number.

        ``queries`` is (queries, dimension); ``only`` restricts the search to some passages of the
        snapshot, ascending. The products are those of the stored vectors, whatever the kind of
        the index; where that is approximate, a passage can be missed, but never while fewer than
        ``k`` are returned. FAISS checks dimensions with ``assert``, which ``python -O`` removes,
        so it is done here.

        Raises:
            StoreError: the queries do not fit the index or are not finite.
        """
        if queries.ndim != 2 or queries.shape[1] != self._recent.vectors.shape[1]:
            raise StoreError(
                f"query vectors {queries.shape} for an index of {self._recent.vectors.shape[1]}"
            )
        if not np.isfinite(queries).all():
            raise StoreError("query vectors must be finite")
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        k = min(k, len(self) if only is None else len(only))
        if k == 0:
            return [[] for _ in queries]
        found = self._among_recent(queries, k, only)
        for scores, more in zip(found, self._among_base(snapshot, queries, k, only), strict=True):
            scores.update(more)
        return [sorted(s.items(), key=lambda item: (-item[1], item[0]))[:k] for s in found]

    def save(self, store: "Store", encoder: Encoder) -> None:
        """Cache a newly built index beside the store; call it outside a snapshot.

        The manifest comes last, so a crash in between only costs a rebuild. A store that cannot
        be written (read-only folder, full disk) goes on answering from memory.
        """
        base = self._base
        if base is None or base.saved:
            return
        self._base = replace(base, saved=True)  # one attempt
        wanted = Wanted(encoder.dimension, encoder.fingerprint, self.store_version)
        try:
            manifest = index_file.write(store.folder, base.index, base.kind, base.last, wanted)
            store.set_meta(MANIFEST, manifest.to_json())
        except (OSError, StoreError):
            return
        self._base = replace(base, saved=True, manifest=manifest.to_json())
        index_file.keep_only(store.folder, manifest, Manifest.from_json(base.manifest))

    def _among_recent(
        self, queries: Vectors, k: int, only: NDArray[np.int64] | None
    ) -> list[_Scores]:
        numbers, vectors = self._recent.numbers, self._recent.vectors
        if only is not None:
            kept = np.isin(numbers, only)
            numbers, vectors = numbers[kept], vectors[kept]
        return _exact(queries, numbers, vectors, k)

    def _among_base(
        self, snapshot: "Snapshot", queries: Vectors, k: int, only: NDArray[np.int64] | None
    ) -> list[_Scores]:
        base = self._base
        if base is None:
            return [{} for _ in queries]
        if only is not None:
            only = only[: int(np.searchsorted(only, base.last, side="right"))]
        removed = self.removed if only is None else 0
        held = len(base) - removed if only is None else len(only)
        k = min(k, held)
        found = _search(base, snapshot, queries, k + min(removed, k), only)
        short = [row for row, scores in enumerate(found) if len(scores) < k]
        if short:  # too many removed ones were found, or too few passages in the lists probed
            if removed:
                only = snapshot.numbers()
                only = only[: int(np.searchsorted(only, base.last, side="right"))]
            again = _search(base, snapshot, queries[short], k, only, complete=True)
            for row, scores in zip(short, again, strict=True):
                found[row] = scores
        return found


def open_index(
    store: "Store", snapshot: "Snapshot", encoder: Encoder, former: VectorIndex | None = None
) -> VectorIndex:
    """The index of the snapshot, from as much of a ``former`` one or of its file as is sound."""
    version, count = snapshot.version, snapshot.passage_count()
    base = _known_base(store.folder, snapshot, encoder, former)
    last = base.last if base else 0
    new = snapshot.numbers(last) if base or count < SAVE_FROM else _NONE
    changed = len(new) + (len(base) - (count - len(new)) if base else 0)
    if base is None and count >= SAVE_FROM:
        base, new = _build(snapshot, encoder, count), _NONE
    elif base is not None and changed > max(SAVE_FROM, RENEW_SHARE * len(base)):
        base, new = _renew(store.folder, snapshot, encoder, count), _NONE
    recent = _recent(snapshot, new, encoder.dimension, former)
    index = VectorIndex(base, recent, version, count)
    if index.removed < 0:
        raise StoreError(f"{store.folder}: {count} passages but more of them without a vector")
    return index


def _known_base(
    folder: Path, snapshot: "Snapshot", encoder: Encoder, former: VectorIndex | None
) -> Base | None:
    """The former index's base while the store names no other; else the one in the file."""
    line = snapshot.meta(MANIFEST)
    if former is not None and former.base is not None and former.base.manifest == line:
        return former.base
    manifest = Manifest.from_json(line)
    if manifest is None:
        return None
    wanted = Wanted(encoder.dimension, encoder.fingerprint, snapshot.version)
    index = index_file.read(folder, manifest, wanted, mapped=True)
    kind = kind_named(manifest.kind)
    if index is None or kind is None:
        return None
    base = Base(index, kind, manifest.last, line, saved=True)
    held = snapshot.passage_count() - len(snapshot.numbers(base.last))
    return base if held <= len(base) else None


def _build(snapshot: "Snapshot", encoder: Encoder, count: int) -> Base:
    """A base of all passages, trained on some that lie evenly among them."""
    kind = kind_for(count)
    numbers = snapshot.numbers()
    step = max(1, count // max(1, training_size(kind)))
    sample = numbers[::step] if not kind.exact else _NONE
    vectors = snapshot.vectors_of(sample.tolist(), encoder.dimension)
    index = new_index(kind, encoder.dimension, vectors)
    for some, vectors in snapshot.vectors(encoder.dimension):
        index.add_with_ids(vectors, some)
    if index.ntotal != count:
        raise StoreError(f"{count} passages but {index.ntotal} vectors; open the store again")
    return Base(index, kind, int(numbers[-1]), snapshot.meta(MANIFEST), saved=False)


def _renew(folder: Path, snapshot: "Snapshot", encoder: Encoder, count: int) -> Base:
    """A base of all passages: the saved one brought up to date, or a new one."""
    line = snapshot.meta(MANIFEST)
    manifest = Manifest.from_json(line)
    kind = kind_for(count)
    if manifest is None or kind.exact or manifest.kind != kind.factory:
        return _build(snapshot, encoder, count)
    wanted = Wanted(encoder.dimension, encoder.fingerprint, snapshot.version)
    index = index_file.read(folder, manifest, wanted, mapped=False)
    if index is None:
        return _build(snapshot, encoder, count)
    numbers = snapshot.numbers()
    index.remove_ids(faiss.IDSelectorBatch(np.setdiff1d(ids_of(index), numbers)))
    for some, vectors in snapshot.vectors(encoder.dimension, manifest.last):
        index.add_with_ids(vectors, some)
    if index.ntotal != count:
        return _build(snapshot, encoder, count)
    return Base(index, kind, int(numbers[-1]), line, saved=False)


def _recent(
    snapshot: "Snapshot", numbers: NDArray[np.int64], dimension: int, former: VectorIndex | None
) -> Recent:
    """These passages with their vectors, of which a former index may hold some."""
    vectors = np.zeros((len(numbers), dimension), dtype=np.float32)
    known = _NONE if former is None else former.recent.numbers
    kept = np.isin(numbers, known, assume_unique=True)
    if former is not None:
        vectors[kept] = former.recent.vectors[np.searchsorted(known, numbers[kept])]
    vectors[~kept] = snapshot.vectors_of(numbers[~kept].tolist(), dimension)
    return Recent(numbers, vectors)


def _search(
    base: Base,
    snapshot: "Snapshot",
    queries: Vectors,
    k: int,
    only: NDArray[np.int64] | None,
    *,
    complete: bool = False,
) -> list[_Scores]:
    """Up to ``k`` passages of the base that are in the store, with their true products."""
    if k == 0:
        return [{} for _ in queries]
    parameters = search_parameters(base.kind, len(base), only, complete=complete)
    _, found = base.index.search(queries, min(k, len(base)), params=parameters)
    candidates = np.unique(found[found >= 0])  # FAISS pads with -1 where it finds fewer
    numbers, vectors = snapshot.vectors_found(candidates.tolist(), queries.shape[1])
    row_of = {number: row for row, number in enumerate(numbers)}
    scores = []
    for query, line in zip(queries, found.tolist(), strict=True):
        there = [number for number in line if number in row_of]
        products = vectors[[row_of[number] for number in there]] @ query
        scores.append(dict(zip(there, products.tolist(), strict=True)))
    return scores


def _exact(queries: Vectors, numbers: NDArray[np.int64], vectors: Vectors, k: int) -> list[_Scores]:
    """Up to ``k`` passages by brute force; one query at a time, so that batches change nothing."""
    found = []
    for query in queries:
        products = vectors @ query  # (passages,)
        best = np.arange(len(products))
        if len(products) > k:
            best = np.argpartition(-products, k - 1)[:k]
        found.append(dict(zip(numbers[best].tolist(), products[best].tolist(), strict=True)))
    return found
