"""SQLite mechanics of the store: connections by thread, transactions, typed errors."""

import os
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import StoreError
from rag.schema import TOKENIZER, missing, run

BUSY_SECONDS = 60
QUICK_CHECK_BYTES = 64 * 2**20  # larger files would make opening slow

# Tells what terms the tokenizer makes of a text; made with the connection, which costs less than
# once a question.
_TERMS = f"""
PRAGMA temp_store = MEMORY;
CREATE VIRTUAL TABLE temp.asked USING fts5 (text, tokenize="{TOKENIZER}");
CREATE VIRTUAL TABLE temp.terms USING fts5vocab ('temp', 'asked', 'instance');
"""


class Database:
    """One SQLite file in WAL mode; each thread has a connection of its own."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it with the schema; a file that is refused stays as it is.

        The write lock is taken only where something has to be made, so that opening a store
        waits for no writer. A store in a folder that cannot be written is read without locks,
        and no more once another user changes it. A file that is no longer the one opened is
        neither read nor written.

        Raises:
            StoreError: the place cannot be used, or the file is not a sound store.
        """
        self.path = path
        self._local = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._uses: Counter[sqlite3.Connection] = Counter()  # blocks that read or write with each
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:  # the latter of a name that none can have
            raise StoreError(f"{path}: {error}; choose a folder that can be written") from error
        self._frozen = None if os.access(path.parent, os.W_OK) else _state(path)
        self._opened: tuple[int, int] | None = None
        try:
            self._make()
            self._opened = _identity(path)
            self._check()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections of every thread; what is in use is closed once it is not."""
        with self._lock:
            for connection in self._all.values():
                if connection not in self._uses:
                    connection.close()
            self._all.clear()
            self._local = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees one state of the store until the block ends."""
        with self._typed_errors(), self._used() as connection:
            nested = connection.in_transaction
            if nested:  # the same state
                yield connection
                return
            self._require_frozen()
            try:
                connection.execute("BEGIN")  # in here: Ctrl-C may come just after it
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                self._require_frozen()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its first read to its commit."""
        with self._typed_errors(), self._used() as connection:
            nested = connection.in_transaction
            if nested:  # SQLite would refuse, and hold the write lock
                raise StoreError(
                    f"{self.path} cannot be written while its snapshot is read; end that first"
                )
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has already rolled back
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """The thread's connection. SQLite crashes where another thread closes one at work."""
        with self._lock:
            connection = self._connection()
            self._uses[connection] += 1
        try:
            yield connection
        finally:
            with self._lock:
                self._uses[connection] -= 1
                if not self._uses[connection]:
                    del self._uses[connection]
                    if connection not in self._all.values():  # ``close`` came meanwhile
                        connection.close()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None or not connection.in_transaction:
            self._require_opened()
        if connection is None:
            # SQLite's locks are files beside the store, which some folders do not take.
            without_locks = "?mode=ro&immutable=1" if self._frozen else ""
            connection = sqlite3.connect(
                self.path.absolute().as_uri() + without_locks,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                uri=True,
            )
            connection.executescript(
                "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                "PRAGMA recursive_triggers = ON;" + _TERMS
            )
            self._local.connection = connection
            with self._lock:
                self._close_ended()
                self._all[threading.current_thread()] = connection
        return connection

    def _close_ended(self) -> None:
        """Close the connections of ended threads, which would keep files open and memory.

        Not those that a generator goes on reading with in another thread.
        """
        for thread, connection in list(self._all.items()):
            if not thread.is_alive() and connection not in self._uses:
                del self._all[thread]
                connection.close()

    def _make(self) -> None:
        """Lay the schema into an empty file, or what an older store lacks, all or nothing."""
        with self.reading() as connection:
            lacking = missing(connection, self.path)
        if not self._frozen:
            self._write_ahead()
        if lacking and self._frozen:
            raise StoreError(
                f"{self.path} is of an earlier version, and cannot be brought up to date where "
                "nothing can be written; open it once where something can"
            )
        if lacking:
            with self.writing() as connection:
                # Another process may have done it meanwhile.
                for script in missing(connection, self.path):
                    run(connection, script)

    def _write_ahead(self) -> None:
        """Let the file have a log of what is written, which it keeps, so that readers never wait.

        SQLite waits for no lock here, so it is done by trying again.
        """
        with self._typed_errors():
            connection = self._connection()
            until = time.monotonic() + BUSY_SECONDS
            while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                try:
                    connection.execute("PRAGMA journal_mode = WAL")
                except sqlite3.OperationalError as error:
                    busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                    if not busy or time.monotonic() > until:
                        raise
                    time.sleep(0.01)

    def is_there(self) -> bool:
        """Whether the file is still the one that was opened."""
        return self._opened is None or _identity(self.path) == self._opened

    def _require_opened(self) -> None:
        """Refuse another file in its place, which only new threads would read."""
        if not self.is_there():
            raise StoreError(f"{self.path} was replaced or removed; open the store again")

    def _require_frozen(self) -> None:
        """Refuse what is read without locks while another user writes it."""
        if self._frozen and _state(self.path) != self._frozen:
            raise StoreError(f"{self.path} is being changed by another user; open the store again")

    def _check(self) -> None:
        with self.reading() as connection:
            if self.path.stat().st_size <= QUICK_CHECK_BYTES:
                report = connection.execute("PRAGMA quick_check(1)").fetchone()
                if report != ("ok",):
                    raise sqlite3.DatabaseError(report[0])

    def _remedy(self, error: sqlite3.OperationalError) -> str:
        left = self.path.with_name(f"{self.path.name}-wal")
        cannot_open = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CANTOPEN
        if cannot_open and os.access(left, os.F_OK) and not os.access(self.path.parent, os.W_OK):
            return (
                f"its writer ended early and left {left.name}; open it once where it can be written"
            )
        return (
            "check the free space, the rights on the folder, and that no other program holds "
            "the store"
        )

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise StoreError(
                f"{self.path} cannot be used ({error}); open the store again"
            ) from error
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"{self.path} cannot be used now ({error}); {self._remedy(error)}"
            ) from error
        except sqlite3.IntegrityError as error:
            raise StoreError(
                f"{self.path} does not take what was given ({error}); check the document"
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"{self.path} is damaged ({error}); delete its folder and index the documents again"
            ) from error


def _identity(path: Path) -> tuple[int, int] | None:
    """What another file would have otherwise; None where there is none."""
    try:
        told = path.stat()
    except OSError:
        return None
    return told.st_dev, told.st_ino


def _state(path: Path) -> tuple[int, ...] | None:
    """What any change of a file changes; None where it is open to be written, or not to be seen."""
    try:
        told = path.stat()
        written = path.with_name(f"{path.name}-wal").exists()
    except OSError:
        return None
    return None if written else (told.st_ino, told.st_size, told.st_mtime_ns)
