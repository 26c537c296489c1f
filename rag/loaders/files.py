"""Paths become files, and files become documents."""

import os
from collections.abc import Sequence
from pathlib import Path

from rag.errors import LoadError
from rag.loaders.document import make_document
from rag.loaders.registry import choose, supported_suffixes
from rag.types import Document

MAX_BYTES = 64 * 2**20

PathLike = Path | str


def as_paths(given: PathLike | Sequence[PathLike]) -> list[Path]:
    """One path or several, as paths.

    Raises:
        LoadError: One is empty, which would be the working directory, or no path can be so.
    """
    several = [given] if isinstance(given, str | Path) else list(given)
    for path in map(str, several):
        if not path:
            raise LoadError('a path is empty; name a file or folder, "." for the working directory')
        if "\0" in path:
            raise LoadError(f"{_printable(path)}: there is a NUL in the path; check it")
    return [Path(path) for path in several]


def load_file(path: Path, *, title: str | None = None) -> Document:
    """Read one file.

    Args:
        path: A file with a supported ending.
        title: Instead of the title that the file names itself, or its name.

    Returns:
        A document whose text is the decoded file, verbatim but for a byte order mark, and whose
        source is the absolute path.

    Raises:
        LoadError: It is missing, unreadable, too large, empty, binary, in an encoding that
            cannot be told, or of an unsupported kind. The message names the file.
    """
    name = _printable(path)
    try:
        data = _read(path)
        kind = choose(path.suffix, data)
        parsed = kind.parse(data)
        return make_document(
            text=parsed.text,
            title=title or parsed.title or _printable(path.name),
            source=source_of(path),
            media_type=kind.media_type,
            pages=parsed.pages,
        )
    except LoadError as error:
        raise LoadError(f"{name}: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise LoadError(f"{name}: {reason}; check the path and its rights") from error


def source_of(path: Path) -> str:
    """What ``Document.source`` says of a file: its absolute path, links kept, as valid Unicode."""
    return _printable(_absolute(path))


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files that some paths name, as absolute paths, sorted, each once.

    Folders are walked without following linked folders; inside them only supported endings
    count and hidden names are skipped. A file named itself is returned whatever its ending, and
    a folder that cannot be read as if it were a file, so that ``load_file`` can say what is wrong
    with it.

    Raises:
        LoadError: A path does not exist, or cannot be looked at.
    """
    found: set[Path] = set()
    for path in map(_absolute, paths):
        if _is_folder(path):
            files, closed = _walk(path)
            found.update(file for file in files if _is_supported(file))
            found.update(closed)
        elif path.exists():
            found.add(path)
        else:
            raise LoadError(f"{_printable(path)}: no such file or folder; check the path")
    return sorted(found)


def skipped_files(paths: Sequence[Path]) -> list[Path]:
    """The files in folders that ``find_files`` leaves out for their endings, sorted, each once."""
    folders = [path for path in map(_absolute, paths) if _is_folder(path)]
    return sorted({file for path in folders for file in _walk(path)[0] if not _is_supported(file)})


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise LoadError(f"{_printable(path)}: {error.strerror}; check the path") from error


def _is_supported(file: Path) -> bool:
    return file.suffix.lower() in supported_suffixes()


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """The files below a folder, and the folders there that cannot be read."""
    closed: list[Path] = []
    found = []
    for root, folders, files in os.walk(folder, onerror=lambda e: closed.append(Path(e.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(root, name) for name in files if not name.startswith("."))
        found += [path for path in paths if _may_be_file(path)]
    return found, closed


def _may_be_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # its folder lets nobody look at it: ``load_file`` says so
        return True


def _read(path: Path) -> bytes:
    if not path.exists():
        raise LoadError("no such file; check the path")
    if path.is_dir():
        os.scandir(path).close()  # of one that cannot be read, this says why
    if not path.is_file():
        raise LoadError("it is not a file; name a file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise LoadError(f"it is larger than {MAX_BYTES // 2**20} MB; split it")
    return data


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would replace links


def _printable(path: Path | str) -> str:
    """The path as valid Unicode: a file name may be any bytes, a store holds only text."""
    try:
        return os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a string that can be no file's name
        return str(path).encode("utf-8", "backslashreplace").decode("utf-8")
