"""The vector index: FAISS, derived from the store, never trusted more than it.

Passages never change and their numbers only grow, so an index of an earlier state of the store
stays right for what it holds: what came later is searched beside it, what was removed is dropped,
and it is made anew when too much has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import faiss
import numpy as np
from numpy.typing import NDArray

from rag import index_file
from rag.encoder import Encoder, Vectors
from rag.errors import StoreError
from rag.index_base import (
    MANIFEST,
    Base,
    Found,
    Scores,
    build,
    known_base,
    nearest,
    past_ties,
)
from rag.index_file import Manifest, Wanted
from rag.index_kinds import filtered_probes, list_of_each
from rag.snapshot import Snapshot
from rag.store import Store

SAVE_FROM = 2000  # passages; below this a rebuild is quicker than the checks
RENEW_SHARE = 0.03  # of the base; after more changes than this it is made anew
URGENT_SHARE = 0.25  # of the base; after more than this even while a question waits

_NONE: NDArray[np.int64] = np.zeros(0, dtype=np.int64)


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
        self._list_of: NDArray[np.int32] | None = None  # made for the first filter
        self._left: NDArray[np.int64] | None = None  # read when first needed
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

    @property
    def outgrown(self) -> bool:
        """Whether so much has changed since the base was made that making it anew pays."""
        changes = len(self._recent.numbers) + self.removed
        return self._base is not None and _outgrown(self._base, changes, RENEW_SHARE)

    def search(
        self, snapshot: Snapshot, queries: Vectors, k: int, only: NDArray[np.int64] | None = None
    ) -> list[list[tuple[int, float]]]:
        """For each query up to ``k`` (passage number, inner product), best first, ties by number.

        ``queries`` is (queries, dimension); ``only`` restricts the search to some passages of the
        snapshot, ascending. The products are those of the stored vectors, whatever the kind of
        the index; where that is approximate, a passage can be missed, and any of equal ones, but
        never while fewer than ``k`` are returned. FAISS checks dimensions with ``assert``, which
        ``python -O`` removes, so it is done here.

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

    def vectors_of(self, snapshot: Snapshot, numbers: Sequence[int]) -> Vectors:
        """The stored vectors of some passages of the snapshot, (numbers, dimension), in order.

        Taken from the index where it holds them unrounded: a tenth of what reading them costs.
        """
        wanted = np.asarray(numbers, dtype=np.int64)
        base, recent = self._base, self._recent
        newer = wanted > (0 if base is None else base.last)
        vectors = np.empty((len(wanted), recent.vectors.shape[1]), dtype=np.float32)
        vectors[newer] = recent.vectors[np.searchsorted(recent.numbers, wanted[newer])]
        if base is not None and not newer.all():
            vectors[~newer] = base.vectors_of(snapshot, wanted[~newer])
        return vectors

    def save(self, store: Store, encoder: Encoder) -> None:
        """Cache a newly built index beside the store; call it outside a snapshot.

        From then on it is mapped, and its memory given back. The manifest comes last, so a crash in
        between only costs a rebuild. A store that cannot be written (read-only folder, full disk)
        goes on answering from memory.
        """
        base = self._base
        if base is None or base.saved:
            return
        self._base = replace(base, saved=True)  # one attempt
        wanted = Wanted(encoder.dimension, encoder.fingerprint, base.store_version)
        try:
            manifest = index_file.write(store.folder, base.index, base.kind, base.last, wanted)
            store.set_meta(MANIFEST, manifest.to_json())
        except (OSError, StoreError):
            return
        mapped = index_file.read(store.folder, manifest, wanted)
        self._base = replace(
            base, index=mapped or base.index, saved=True, manifest=manifest.to_json()
        )
        index_file.keep_only(store.folder, manifest, Manifest.from_json(base.manifest))

    def _among_recent(
        self, queries: Vectors, k: int, only: NDArray[np.int64] | None
    ) -> list[Scores]:
        numbers, vectors = self._recent.numbers, self._recent.vectors
        if only is not None:
            newer = only if self._base is None else only[only > self._base.last]
            kept = np.isin(numbers, newer)
            numbers, vectors = numbers[kept], vectors[kept]
        return _exact(queries, numbers, vectors, k)

    def _among_base(
        self, snapshot: Snapshot, queries: Vectors, k: int, only: NDArray[np.int64] | None
    ) -> list[Scores]:
        base = self._base
        if base is None:
            return [{} for _ in queries]
        if only is not None:
            only = only[: int(np.searchsorted(only, base.last, side="right"))]
        removed = self.removed if only is None else 0
        held = len(base) - removed if only is None else len(only)
        k = min(k, held)
        wanted = k + min(removed, k)
        if only is None or base.kind.probes == base.kind.lists:  # nothing to choose
            found = nearest(base, snapshot, queries, wanted, only, base.kind.probes)
        else:
            found = [
                nearest(base, snapshot, queries[row : row + 1], wanted, only, probes)[0]
                for row, probes in enumerate(self._probes(base, queries, only))
            ]
        short = [row for row, scores in enumerate(found) if len(scores) < k]
        if short:  # too many removed ones were found, or too few passages in the lists probed
            if removed:
                only = self._left_of(base, snapshot)
            again = nearest(base, snapshot, queries[short], k, only, base.kind.lists)
            for row, scores in zip(short, again, strict=True):
                found[row] = scores
        return found

    def _left_of(self, base: Base, snapshot: Snapshot) -> NDArray[np.int64]:
        """Numbers of the passages of the base that are still in the store, ascending."""
        if self._left is None:
            numbers = snapshot.numbers()
            self._left = numbers[: int(np.searchsorted(numbers, base.last, side="right"))]
        return self._left

    def _probes(self, base: Base, queries: Vectors, only: NDArray[np.int64]) -> list[int]:
        """How many lists each query looks into for the passages that a filter leaves."""
        if self._list_of is None:
            self._list_of = list_of_each(base.index, base.last)
        members = np.bincount(self._list_of[only], minlength=base.kind.lists)
        return filtered_probes(base.index, base.kind, queries, members)


def open_index(
    store: Store,
    snapshot: Snapshot,
    encoder: Encoder,
    former: VectorIndex | None = None,
    *,
    renewing: bool = False,
) -> VectorIndex:
    """The index of the snapshot, from as much of a ``former`` one or of its file as is sound.

    An outgrown one is made anew when ``renewing``, or when so much has changed that comparing it
    one by one would take too long.
    """
    share = RENEW_SHARE if renewing else URGENT_SHARE
    version, count = snapshot.version, snapshot.passage_count()
    base, new = None, _NONE
    if count < SAVE_FROM:
        new = snapshot.numbers()
    else:
        base = known_base(store.folder, snapshot, encoder, former.base if former else None)
        new = snapshot.numbers(base.last) if base else new
        if base is None or _outgrown(base, _changes(base, new, count), share):
            base, new = build(snapshot, encoder, count), _NONE
    recent = _recent(snapshot, new, encoder.dimension, former)
    index = VectorIndex(base, recent, version, count)
    if index.removed < 0:
        raise StoreError(f"{store.folder}: {count} passages but more of them without a vector")
    return index


def _changes(base: Base, new: NDArray[np.int64], count: int) -> int:
    """How many passages were added or removed since the base was made."""
    removed = len(base) - (count - len(new))
    return len(new) + removed


def _outgrown(base: Base, changes: int, share: float) -> bool:
    return changes > max(SAVE_FROM, share * len(base))


def _recent(
    snapshot: Snapshot, numbers: NDArray[np.int64], dimension: int, former: VectorIndex | None
) -> Recent:
    """These passages with their vectors, of which a former index may hold some."""
    vectors = np.zeros((len(numbers), dimension), dtype=np.float32)
    known = _NONE if former is None else former.recent.numbers
    kept = np.isin(numbers, known, assume_unique=True)
    if former is not None:
        vectors[kept] = former.recent.vectors[np.searchsorted(known, numbers[kept])]
    vectors[~kept] = snapshot.vectors_of(numbers[~kept].tolist(), dimension)
    return Recent(numbers, vectors)


def _exact(queries: Vectors, numbers: NDArray[np.int64], vectors: Vectors, k: int) -> list[Scores]:
    """``k`` passages or more by brute force; one query at a time, so that batches change nothing.

    FAISS computes it on the thread that asks. From 1,200 vectors of 384 numpy would wake threads of
    its own, which then stay awake, and keep the cores from the reader for longer than it reads.
    """
    k = min(k, len(numbers))
    return [_nearest(query[None], numbers, vectors, k) if k else {} for query in queries]


def _nearest(query: Vectors, numbers: NDArray[np.int64], vectors: Vectors, k: int) -> Scores:
    def search(most: int) -> Found:
        return faiss.knn(query, vectors, most, faiss.METRIC_INNER_PRODUCT)

    scores, best = past_ties(search, k, len(numbers))
    return dict(zip(numbers[best[0]].tolist(), scores[0].tolist(), strict=True))
