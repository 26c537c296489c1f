"""The encoder against sentence-transformers used plainly, and its checks."""

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from rag import encoder as module
from rag.encoder import SentenceTransformerEncoder, default_model_folder
from rag.errors import ModelError

TEXTS = ["Geese fly south in autumn.", "A red van.", "The committee met on Tuesday. " * 20]


def test_vectors_are_those_of_the_plain_model(encoder: SentenceTransformerEncoder) -> None:
    plain = SentenceTransformer(str(default_model_folder()), device="cpu")
    expected = plain.encode(TEXTS, normalize_embeddings=True)
    questions = encoder.encode_questions(TEXTS)
    np.testing.assert_allclose(questions, expected, atol=1e-5)
    passages = encoder.encode_passages(TEXTS)
    assert passages.dtype == np.float32
    assert ((passages * expected).sum(axis=1) > 0.999).all()
    np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)


def test_no_texts_no_vectors(encoder: SentenceTransformerEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_a_model_folder_by_path(encoder: SentenceTransformerEncoder) -> None:
    named = SentenceTransformerEncoder(str(default_model_folder()))
    np.testing.assert_array_equal(
        named.encode_questions(TEXTS[:1]), encoder.encode_questions(TEXTS[:1])
    )
    assert named.fingerprint.split("@")[1] == encoder.fingerprint.split("@")[1]


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(module, "default_model_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="damaged"):
        SentenceTransformerEncoder()


def test_unknown_model_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        SentenceTransformerEncoder("no-such-model")
