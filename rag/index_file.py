"""The FAISS index on disk: read only when everything about it is as the store's manifest says.

FAISS files carry no checksum: a flipped bit can give wrong neighbours in silence.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import faiss

from rag import checked_file
from rag.checked_file import Checksum, Take
from rag.index_kinds import Kind, ids_of, kind_named, lists_of

METRIC = "inner product"
PREFIX = "vectors"
_CHUNK = 2**20  # bytes written at once


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the index file must be; kept in the store and compared field by field.

    It holds ``passages`` of the store as it was at ``store_version``, up to the number ``last``.
    """

    sha256: str
    size: int
    kind: str
    dimension: int
    metric: str
    encoder: str
    passages: int
    last: int
    store_version: int

    def path(self, folder: Path) -> Path:
        """Where the file is."""
        return checked_file.path_of(folder, PREFIX, self.sha256)

    def to_json(self) -> str:
        """The line that the store keeps."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str | None) -> "Manifest | None":
        """The manifest in the line, or None where it is none."""
        return checked_file.record(cls, line)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the store and its encoder expect of the file."""

    dimension: int
    encoder: str
    store_version: int


def write(folder: Path, index: faiss.Index, kind: Kind, last: int, wanted: Wanted) -> Manifest:
    """Write the index into the folder, whole or not at all.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def produce(take: Take) -> None:
        writer = faiss.PyCallbackIOWriter(take, _CHUNK)  # type: ignore[attr-defined]  # not in stubs
        faiss.write_index(index, writer)

    written = checked_file.write(folder, PREFIX, produce)
    return Manifest(
        sha256=written.sha256,
        size=written.size,
        kind=kind.factory,
        dimension=wanted.dimension,
        metric=METRIC,
        encoder=wanted.encoder,
        passages=index.ntotal,
        last=last,
        store_version=wanted.store_version,
    )


def read(folder: Path, manifest: Manifest, wanted: Wanted) -> faiss.Index | None:
    """The index in the file, memory-mapped; None where anything does not match."""
    path = manifest.path(folder)
    kind = kind_named(manifest.kind)
    expected = (
        manifest.metric == METRIC
        and manifest.dimension == wanted.dimension
        and manifest.encoder == wanted.encoder
        and manifest.store_version <= wanted.store_version
    )
    checksum = Checksum(manifest.sha256, manifest.size)
    if kind is None or not expected or not checked_file.is_sound(path, checksum):
        return None
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError:  # of a kind that this FAISS does not know, or gone since
        return None
    sound = (
        index.d == wanted.dimension
        and index.ntotal == manifest.passages
        and index.metric_type == faiss.METRIC_INNER_PRODUCT
        and lists_of(index) == kind.lists
        and int(ids_of(index).max(initial=0)) == manifest.last
    )
    return index if sound else None


def keep_only(folder: Path, current: Manifest, former: Manifest | None) -> None:
    """Delete all files but the current one and the former, which a process may be opening."""
    kept = {manifest.path(folder) for manifest in (current, former) if manifest is not None}
    checked_file.remove_others(folder, PREFIX, kept)
