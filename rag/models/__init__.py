"""The readers that ship with citespan, and how any reader is loaded and checked."""

from pathlib import Path

from rag.calibration import Calibration
from rag.encoder import Encoder, sha256_of
from rag.errors import ModelError
from rag.reader import Reader, SpanReader
from rag.sentence_reader import SentenceReader

SHIPPED = Path(__file__).parent / "reader"
CHECKSUMS = "SHA256SUMS"
SENTENCE = "sentence"
SENTENCE_CALIBRATION = Path(__file__).parent / "sentence"


def load_reader(name: str, encoder: Encoder) -> tuple[Reader, Calibration]:
    """A reader and its calibration: "" the one that ships, "sentence", or a model folder.

    Raises:
        ModelError: the folder holds no question-answering model, or fails its checksums.
    """
    if name == SENTENCE:
        return SentenceReader(encoder), Calibration.load(SENTENCE_CALIBRATION)
    folder = Path(name) if name else SHIPPED
    if not folder.is_dir():
        raise ModelError(
            f"{folder}: no such reader; "
            f"give '{SENTENCE}' or the folder of a question-answering model"
        )
    verify_checksums(folder)
    return SpanReader(folder), Calibration.load(folder)


def verify_checksums(folder: Path) -> None:
    """Check a folder's files against its ``SHA256SUMS``, where it has one.

    Raises:
        ModelError: a file is missing or differs.
    """
    listing = folder / CHECKSUMS
    if not listing.exists():
        return
    for line in listing.read_text("utf-8").splitlines():
        expected, name = line.split(maxsplit=1)
        path = folder / name
        if not path.is_file() or sha256_of(path) != expected:
            raise ModelError(
                f"{path} is missing or damaged; reinstall citespan, "
                f"or delete {CHECKSUMS} there if the folder is your own"
            )


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` over all other files of a model folder."""
    files = sorted(path for path in folder.iterdir() if path.name != CHECKSUMS)
    lines = [f"{sha256_of(path)}  {path.name}" for path in files]
    (folder / CHECKSUMS).write_text("\n".join(lines) + "\n", "utf-8")
