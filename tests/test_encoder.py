"""The encoder against sentence-transformers used plainly, and its checks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from rag import encoder as module
from rag import sentence_bert
from rag.encoder import (
    DEFAULT_FINGERPRINT,
    SentenceTransformerEncoder,
    default_model_folder,
    weights_id,
)
from rag.errors import ModelError
from rag.sentence_bert import SentenceBert

TEXTS = [
    "Geese fly south in autumn.",
    "A red van.",
    "The committee met on Tuesday. " * 20,
    "Où est né le café naïf de Zürich ? 東京は日本の首都です。 [SEP] \t 🦆",
    "",
    "A text longer than the model reads. " * 90,
    "A red van.",
]


@pytest.fixture(scope="module")
def plain() -> SentenceTransformer:
    """The shipped model as sentence-transformers computes it."""
    return SentenceTransformer(str(default_model_folder()), device="cpu")


def test_vectors_are_those_of_the_plain_model(
    encoder: SentenceTransformerEncoder, plain: SentenceTransformer
) -> None:
    expected = plain.encode(TEXTS, normalize_embeddings=True)
    exact = SentenceBert(default_model_folder(), exact=True)
    np.testing.assert_allclose(exact.encode(TEXTS), expected, atol=1e-6)
    alone = np.concatenate([exact.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, expected, atol=1e-6)
    for found in (encoder.encode_passages(TEXTS), encoder.encode_questions(TEXTS)):
        assert found.dtype == np.float32
        assert ((found * expected).sum(axis=1) > 0.9998).all()
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_the_fingerprint_is_the_one_of_the_plain_model(plain: SentenceTransformer) -> None:
    assert f"all-MiniLM-L6-v2@{weights_id(plain.state_dict())}" == DEFAULT_FINGERPRINT


def test_neighbours_change_a_vector_by_rounding_only(encoder: SentenceTransformerEncoder) -> None:
    together = encoder.encode_passages(TEXTS)
    alone = np.concatenate([encoder.encode_passages([text]) for text in TEXTS])
    assert ((together * alone).sum(axis=1) > 0.9999).all()


def test_order_and_limits_of_the_batches_do_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact = SentenceBert(default_model_folder(), exact=True)
    expected = exact.encode(TEXTS)
    monkeypatch.setattr(sentence_bert, "TEXTS_AT_ONCE", 3)
    monkeypatch.setattr(sentence_bert, "TOKENS_AT_ONCE", 20)
    order = [5, 2, 0, 6, 4, 3, 1]
    shuffled = exact.encode([TEXTS[n] for n in order])
    np.testing.assert_allclose(shuffled, expected[order], atol=1e-6)


def test_no_texts_no_vectors(encoder: SentenceTransformerEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_the_shipped_folder_by_path_is_the_shipped_model(
    encoder: SentenceTransformerEncoder, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(default_model_folder())
    named = SentenceTransformerEncoder(str(tmp_path / "link"))
    assert named.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(named.encode_passages(TEXTS), encoder.encode_passages(TEXTS))


def test_a_model_folder_by_path(encoder: SentenceTransformerEncoder, tmp_path: Path) -> None:
    copied = shutil.copytree(default_model_folder(), tmp_path / "copy")
    named = SentenceTransformerEncoder(str(copied))
    questions = named.encode_questions(TEXTS) * encoder.encode_questions(TEXTS)
    passages = named.encode_passages(TEXTS) * encoder.encode_passages(TEXTS)
    assert (np.stack([questions, passages]).sum(axis=2) > 0.9998).all()
    name, _, identity = named.fingerprint.partition("@")
    assert name == "copy"
    assert identity.split("-")[0] == encoder.fingerprint.split("@")[1]


def test_a_folder_keeps_its_fingerprint_where_it_is_moved(tmp_path: Path) -> None:
    first = shutil.copytree(default_model_folder(), tmp_path / "here" / "mine")
    expected = SentenceTransformerEncoder(str(first)).fingerprint
    moved = first.rename(tmp_path / "mine")
    (moved / "README.md").write_text("Moved.", "utf-8")
    (tmp_path / "link").symlink_to(moved)
    for path in (moved, tmp_path / "link"):
        assert SentenceTransformerEncoder(str(path)).fingerprint == expected


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("1_Pooling/config.json", '_cls_token": false', '_cls_token": true'),
        ("sentence_bert_config.json", "256", "16"),
        ("tokenizer_config.json", '_lower_case": true', '_lower_case": false'),
        ("config_sentence_transformers.json", "{", '{"prompts": {"query": "Q: "},'),
    ],
)
def test_another_setting_is_another_fingerprint(
    tmp_path: Path, file: str, old: str, new: str
) -> None:
    first = shutil.copytree(default_model_folder(), tmp_path / "1" / "mine")
    other = shutil.copytree(default_model_folder(), tmp_path / "2" / "mine")
    text = (other / file).read_text("utf-8")
    assert old in text
    text = text.replace(old, new, 1).replace('mean_tokens": true', 'mean_tokens": false')
    (other / file).write_text(text, "utf-8")
    plain, changed = (SentenceTransformerEncoder(str(folder)) for folder in (first, other))
    cosines = (plain.encode_questions(TEXTS) * changed.encode_questions(TEXTS)).sum(axis=1)
    assert cosines.min() < 0.99
    assert changed.fingerprint != plain.fingerprint


def test_a_model_of_the_local_cache_has_the_identity_of_its_folder(
    root: Path, tmp_path: Path
) -> None:
    repository = tmp_path / "hub" / "models--sentence-transformers--mine"
    folder = shutil.copytree(default_model_folder(), repository / "snapshots" / "1f")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("1f", "utf-8")
    code = (
        "import sys; from rag.encoder import SentenceTransformerEncoder as Encoder;"
        "print(*(Encoder(name).fingerprint for name in sys.argv[1:]))"
    )
    names = ["mine", "sentence-transformers/mine", str(folder)]
    run = subprocess.run(
        [sys.executable, "-c", code, *names],
        cwd=root,
        env=os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "hub")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [fingerprint.split("@") for fingerprint in run.stdout.split()]
    assert [name for name, _ in found] == [*names[:2], "1f"]
    assert len({identity for _, identity in found}) == 1


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(module, "default_model_folder", lambda: tmp_path)
    with pytest.raises(ModelError, match="damaged"):
        SentenceTransformerEncoder()


def test_unknown_model_is_an_error_that_names_it() -> None:
    with pytest.raises(ModelError, match="no-such-model"):
        SentenceTransformerEncoder("no-such-model")


def test_a_folder_without_its_files_is_no_sentence_bert(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can be loaded"):
        SentenceBert(tmp_path, exact=True)
    (tmp_path / "config.json").write_text('{"model_type": "t5"}', "utf-8")
    with pytest.raises(ModelError, match="not a BERT"):
        SentenceBert(tmp_path, exact=True)


def test_the_shipped_model_needs_no_transformers(root: Path) -> None:
    code = (
        "import sys; from rag.encoder import SentenceTransformerEncoder as Encoder;"
        "Encoder().encode_questions(['Who?']); print(*sorted(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not set(run.stdout.split()) & {"transformers", "sentence_transformers", "sklearn"}
