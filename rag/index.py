"""The vector index: FAISS, derived from the store, never trusted more than the store.

FAISS files carry no checksum (a flipped bit can give wrong neighbours in silence), so the store's
manifest holds the SHA-256 and shape of the file; it is read only when everything matches, and
rebuilt from the store otherwise.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.encoder import Encoder, Vectors
from rag.errors import StoreError

if TYPE_CHECKING:
    from rag.snapshot import Snapshot
    from rag.store import Store

FILE = "vectors.faiss"
MANIFEST = "index"
SAVE_FROM = 2000  # passages; below this a rebuild is quicker than the checks


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the index file must be; kept in the store and compared field by field."""

    sha256: str
    size: int
    kind: str
    dimension: int
    metric: str
    encoder: str
    passages: int
    store_version: int


class VectorIndex:
    """Exact inner-product search over the passages of one store version."""

    def __init__(self, index: faiss.Index, store_version: int, *, saved: bool = False) -> None:
        """Wrap a FAISS index whose ids are passage numbers."""
        self._index = index
        self.store_version = store_version
        self._saved = saved

    def __len__(self) -> int:
        """Number of passages."""
        return int(self._index.ntotal)

    def search(
        self, queries: Vectors, k: int, only: NDArray[np.int64] | None = None
    ) -> list[list[tuple[int, float]]]:
        """For each query up to ``k`` (passage number, inner product), best first.

        ``queries`` is (queries, dimension); ``only`` restricts the search to some passages.
        FAISS checks dimensions with ``assert``, which ``python -O`` removes, so it is done here.

        Raises:
            StoreError: the queries do not fit the index or are not finite.
        """
        if queries.ndim != 2 or queries.shape[1] != self._index.d:
            raise StoreError(f"query vectors {queries.shape} for an index of {self._index.d}")
        if not np.isfinite(queries).all():
            raise StoreError("query vectors must be finite")
        k = min(k, len(self) if only is None else len(only))
        if k == 0:
            return [[] for _ in queries]
        parameters = None
        if only is not None:
            # faiss adds the keywords of its parameter classes at run time, so its stubs lack them.
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(only))  # type: ignore[call-arg]
        scores, numbers = self._index.search(
            np.ascontiguousarray(queries, dtype=np.float32), k, params=parameters
        )
        return [
            # FAISS pads with -1 where it finds fewer than k.
            [(int(n), float(s)) for n, s in zip(row, line, strict=True) if n >= 0]
            for row, line in zip(numbers, scores, strict=True)
        ]

    def save(self, store: "Store", encoder: Encoder) -> None:
        """Cache a newly built index beside the store; call it outside a snapshot.

        The manifest comes last, so a crash in between only costs a rebuild. A store that cannot
        be written (read-only folder, full disk) goes on answering from memory.
        """
        if self._saved or len(self) < SAVE_FROM:
            return
        self._saved = True
        data = faiss.serialize_index(self._index).tobytes()
        manifest = _manifest(data, encoder, len(self), self.store_version)
        path = store.folder / FILE
        temporary = path.with_name(f"{FILE}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            store.set_meta(MANIFEST, json.dumps(asdict(manifest)))
        except (OSError, StoreError):
            temporary.unlink(missing_ok=True)


def open_index(store: "Store", snapshot: "Snapshot", encoder: Encoder) -> VectorIndex:
    """The index of the snapshot: read from its file when that is sound, else built."""
    version, count = snapshot.version, snapshot.passage_count()
    stored = snapshot.meta(MANIFEST)
    if stored is not None:
        index = _read(store.folder / FILE, stored, encoder, version, count)
        if index is not None:
            return VectorIndex(index, version, saved=True)
    index = faiss.IndexIDMap(faiss.IndexFlatIP(encoder.dimension))
    for numbers, vectors in snapshot.vectors(encoder.dimension):
        index.add_with_ids(vectors, numbers)
    if index.ntotal != count:
        raise StoreError(f"{store.folder}: {count} passages but {index.ntotal} vectors")
    return VectorIndex(index, version)


def _read(
    path: Path, stored: str, encoder: Encoder, version: int, count: int
) -> faiss.Index | None:
    """The index in the file, or None where anything about it does not match."""
    try:
        manifest = Manifest(**json.loads(stored))
        data = path.read_bytes()
    except (OSError, ValueError, TypeError):
        return None
    expected = _manifest(data, encoder, count, version)
    if manifest != expected:
        return None
    index = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    sound = index.d == encoder.dimension and index.ntotal == count
    return index if sound and index.metric_type == faiss.METRIC_INNER_PRODUCT else None


def _manifest(data: bytes, encoder: Encoder, count: int, version: int) -> Manifest:
    return Manifest(
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        kind="IndexIDMap",
        dimension=encoder.dimension,
        metric="inner product",
        encoder=encoder.fingerprint,
        passages=count,
        store_version=version,
    )
