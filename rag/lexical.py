"""Lexical search: SQLite's FTS5 in a small store, postings derived from it in a large one.

Both give BM25 over the same terms. Postings of an earlier state of the store are used like its
vector index: FTS5 searches what came later, and what was removed is dropped. How rare a term is
and how long passages are on average is always that of today, so scores are those of new postings.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from rag import checked_file, occurrences, postings
from rag.checked_file import Checksum
from rag.errors import StoreError
from rag.postings import Integers, Postings, Scores, Shape, rarity
from rag.snapshot import Snapshot
from rag.store import Store

MANIFEST = "occurrences"
PREFIX = "words"
POSTINGS_FROM = 10_000
"""Passages. Milliseconds a question (median, 95th percentile), FTS5 against postings:
10,000: 1.6, 3.8 against 0.6, 1.1; 100,000: 11.6, 32.8 against 0.9, 1.4."""
RENEW_SHARE = 0.1  # of the passages they hold; after more changes they are made anew
URGENT_SHARE = 0.25  # of them; after more than this even while a question waits

Found = list[tuple[int, float]]

_NONE: Integers = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the file of postings must be; kept in the store."""

    sha256: str
    size: int
    passages: int
    terms: int
    postings: int
    letters: int
    last: int
    store_version: int

    @classmethod
    def from_json(cls, line: str | None) -> "Manifest | None":
        """The manifest in the line, or None where it is none."""
        return checked_file.record(cls, line)

    def path(self, folder: Path) -> Path:
        """Where the file is."""
        return checked_file.path_of(folder, PREFIX, self.sha256)


@dataclass(frozen=True, slots=True)
class Base:
    """Postings of the passages up to number ``last``.

    They were made at ``store_version``; ``manifest`` is the line that the store held when they
    were read or made.
    """

    postings: Postings
    last: int
    store_version: int
    manifest: str | None
    saved: bool

    def __len__(self) -> int:
        """Number of passages, those removed since included."""
        return len(self.postings.numbers)


class LexicalIndex:
    """BM25 search over the passages of one store version."""

    def __init__(
        self, base: Base | None, newer: Integers, removed: int, store_version: int
    ) -> None:
        """Put together what ``open_lexical`` found; ``newer`` are the passages after the base."""
        self._base = base
        self._newer = newer
        self._removed = removed
        self._sizes: tuple[int, Scores] | None = None  # found for the first question
        self._holding: dict[str, int] = {}
        self._left: Integers | None = None  # read when first needed
        self.store_version = store_version

    @property
    def base(self) -> Base | None:
        """The postings, None in a small store."""
        return self._base

    @property
    def outgrown(self) -> bool:
        """Whether so much has changed since the postings were made that making them anew pays."""
        changes = len(self._newer) + self._removed
        return self._base is not None and changes > RENEW_SHARE * len(self._base)

    def search(
        self,
        snapshot: Snapshot,
        asked: Sequence[Sequence[str]],
        limit: int,
        only: Integers | None = None,
    ) -> list[Found]:
        """For the words of each question up to ``limit`` (passage number, BM25 score) of any.

        Best first, ties by number. ``only`` restricts the search to some passages of the
        snapshot, ascending.
        """
        base = self._base
        if base is None:
            return [_matched(snapshot, words, limit, only) for words in asked]
        newer = self._newer if only is None else only[only > base.last]
        terms = snapshot.terms([" ".join(words) for words in asked])
        found = []
        for words, own in zip(asked, terms, strict=True):
            among = self._among_base(base, snapshot, own, limit, only)
            if len(newer):
                among += _matched(snapshot, words, limit, newer)
                among.sort(key=lambda item: (-item[1], item[0]))
            found.append(among[:limit])
        return found

    def save(self, store: Store) -> None:
        """Keep newly made postings beside the store; call it outside a snapshot.

        From then on they are mapped, and their memory given back. The manifest comes last, so a
        crash in between only costs making them again. A store that cannot be written goes on
        answering from memory.
        """
        base = self._base
        if base is None or base.saved:
            return
        self._base = replace(base, saved=True)  # one attempt
        try:
            written = checked_file.write(store.folder, PREFIX, postings.produce(base.postings))
            shape = base.postings.shape
            manifest = Manifest(
                **asdict(written), **asdict(shape), last=base.last, store_version=base.store_version
            )
            store.set_meta(MANIFEST, json.dumps(asdict(manifest)))
        except (OSError, StoreError):
            return
        mapped = postings.load(manifest.path(store.folder), shape)
        self._base = replace(
            base,
            postings=mapped or base.postings,
            saved=True,
            manifest=json.dumps(asdict(manifest)),
        )
        former = Manifest.from_json(base.manifest)  # a process may be opening it
        kept = {m.path(store.folder) for m in (manifest, former) if m is not None}
        checked_file.remove_others(store.folder, PREFIX, kept)

    def _among_base(
        self,
        base: Base,
        snapshot: Snapshot,
        terms: Sequence[str],
        limit: int,
        only: Integers | None,
    ) -> Found:
        passages, norms = self._sizes or self._measure(base, snapshot)
        held = [(term, self._held(base, snapshot, term)) for term in terms]
        rare = [(term, rarity(passages, holding)) for term, holding in held]
        if only is not None:
            return base.postings.best(rare, norms, limit, only[only <= base.last])
        more = min(self._removed, limit)
        found = base.postings.best(rare, norms, limit + more)
        if not self._removed:
            return found
        there = snapshot.stored([number for number, _ in found])
        kept = [item for item in found if item[0] in there]
        if len(kept) < limit and len(found) == limit + more:  # many of the best were removed
            return base.postings.best(rare, norms, limit, self._left_of(base, snapshot))
        return kept[:limit]

    def _left_of(self, base: Base, snapshot: Snapshot) -> Integers:
        """Numbers of the passages of the base that are still in the store, ascending."""
        if self._left is None:
            numbers = snapshot.numbers()
            self._left = numbers[numbers <= base.last]
        return self._left

    def _measure(self, base: Base, snapshot: Snapshot) -> tuple[int, Scores]:
        """How many passages there are today, and the norms of those of the base."""
        passages, tokens = occurrences.totals(snapshot.connection)
        self._sizes = passages, base.postings.norms(tokens / passages)
        return self._sizes

    def _held(self, base: Base, snapshot: Snapshot, term: str) -> int:
        """How many passages hold a term today; what took a look into FTS5 is kept."""
        if not self._removed and not len(self._newer):
            return base.postings.holding(term)
        if term not in self._holding:
            self._holding[term] = occurrences.holding(snapshot.connection, term)
        return self._holding[term]


def open_lexical(
    store: Store,
    snapshot: Snapshot,
    former: LexicalIndex | None = None,
    *,
    renewing: bool = False,
) -> LexicalIndex:
    """The index of the snapshot, from as much of a ``former`` one or of its file as is sound.

    Outgrown postings are made anew when ``renewing``, or when so much has changed that FTS5 would
    take too long for it. A state before the former one's, of which few ask, may be left to FTS5.
    """
    version, count = snapshot.version, snapshot.passage_count()
    fts5 = LexicalIndex(None, _NONE, 0, version)  # right for any state
    if count < POSTINGS_FROM:
        return fts5
    base = _known_base(store.folder, snapshot, former)
    if base is None and former is not None and former.store_version > version:
        return fts5
    newer = snapshot.numbers(base.last) if base else _NONE
    removed = len(base) - (count - len(newer)) if base else 0
    share = RENEW_SHARE if renewing else URGENT_SHARE
    outgrown = base is not None and len(newer) + removed > share * len(base)
    if base is None or outgrown or removed < 0:
        base, newer, removed = _build(snapshot), _NONE, 0
    return LexicalIndex(base, newer, removed, version)


def any_of(words: Sequence[str]) -> str:
    """An FTS5 expression: any of the words, quoted, so that nothing is read as its syntax."""
    return " OR ".join(f'"{word}"' for word in words)


def _matched(snapshot: Snapshot, words: Sequence[str], limit: int, only: Integers | None) -> Found:
    """What FTS5 finds."""
    return snapshot.lexical(any_of(words), limit, only) if words else []


def _known_base(folder: Path, snapshot: Snapshot, former: LexicalIndex | None) -> Base | None:
    """The former index's postings while the store names no others; else those in the file."""
    line = snapshot.meta(MANIFEST)
    known = former.base if former else None
    if known and known.manifest == line and known.store_version <= snapshot.version:
        return known
    manifest = Manifest.from_json(line)
    if manifest is None or manifest.store_version > snapshot.version:
        return None
    path = manifest.path(folder)
    if not checked_file.is_sound(path, Checksum(manifest.sha256, manifest.size)):
        return None
    shape = Shape(manifest.passages, manifest.terms, manifest.postings, manifest.letters)
    found = postings.load(path, shape)
    if found is None or not len(found.numbers) or found.numbers[-1] != manifest.last:
        return None
    return Base(found, manifest.last, manifest.store_version, line, saved=True)


def _build(snapshot: Snapshot) -> Base:
    numbers, tokens = occurrences.lengths(snapshot.connection)
    found = postings.collect(numbers, tokens, occurrences.groups(snapshot.connection))
    line = snapshot.meta(MANIFEST)
    return Base(found, int(numbers[-1]), snapshot.version, line, saved=False)
