"""What cannot be asked is refused with one typed error, before anything is loaded or made."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import (
    Answerer,
    LoadError,
    QuestionError,
    Settings,
    SettingsError,
    Store,
    ask,
    make_document,
)
from rag.library import store_folder
from tests.small_encoder import WordEncoder


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Answerer]:
    """Answers with whole sentences, without a model."""
    with Store(tmp_path / "store") as store:
        made = Answerer(store, Settings(reader="sentence"), encoder=WordEncoder())
        facts = {str(number): "x" for number in range(600)}
        document = make_document("The bell rings at six.", "T", "t", "text/plain", metadata=facts)
        store.add([document], made.encoder)
        yield made


@pytest.mark.parametrize(
    "given", [{"where": {"1": "\ud800"}}, {"where": {"\ud800": "x"}}, {"documents": ["\ud800"]}]
)
def test_a_filter_that_is_no_valid_text_is_refused(plain: Answerer, given: dict[str, Any]) -> None:
    with pytest.raises(QuestionError, match="no valid text"):
        plain.ask("When does the bell ring?", **given)


@pytest.mark.parametrize("given", [{"where": {"1": "x\0y"}}, {"documents": ["t\0"]}])
def test_a_filter_does_not_end_at_a_nul(plain: Answerer, given: dict[str, Any]) -> None:
    with pytest.raises(QuestionError, match="holds a NUL"):
        plain.ask("When does the bell ring?", **given)


def test_an_id_that_is_no_valid_text_names_no_document(plain: Answerer) -> None:
    assert plain.store.document("\ud800") is None
    with plain.store.snapshot() as snapshot:
        assert snapshot.named_by("\ud800") is None


@pytest.mark.parametrize("top_k", ["3", 2.5, True, 10**20, np.float32(3), None])
def test_how_many_passages_is_a_whole_number(plain: Answerer, top_k: Any) -> None:
    if top_k is None:
        assert plain.search("When does the bell ring?", top_k=top_k)
        return
    for call in (plain.ask, plain.search):
        with pytest.raises(SettingsError, match="top_k must be"):
            call("When does the bell ring?", top_k=top_k)


@pytest.mark.parametrize("top_k", [np.int64(200), np.uint8(3), 10**9])
def test_a_whole_number_may_be_any_library_s(plain: Answerer, top_k: Any) -> None:
    assert len(plain.search("When does the bell ring?", top_k=top_k)) == 1
    assert plain.ask("When does the bell ring?", top_k=top_k).citations


@pytest.mark.parametrize(
    "name", ["dense_candidates", "lexical_candidates", "top_k", "max_question_chars"]
)
def test_no_setting_is_larger_than_an_index_counts(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be at most 1,000,000,000, not 1000"):
        Settings.from_mapping({name: 10**20})
    assert getattr(Settings.from_mapping({name: 10**9}), name) == 10**9


def test_many_pairs_are_a_filter_like_one(plain: Answerer) -> None:
    facts = {str(number): "x" for number in range(600)}
    assert plain.search("When does the bell ring?", where=facts)
    assert plain.search("When does the bell ring?", where=facts | {"599": "y"}) == []
    with pytest.raises(QuestionError, match="no document has metadata called '600'"):
        plain.search("When does the bell ring?", where=facts | {"600": "x"})


def test_other_settings_go_with_the_same_models(plain: Answerer) -> None:
    strict, lax = (
        plain.over(plain.store, Settings(reader="sentence", min_confidence=value, top_k=3))
        for value in (1.0, 0.0)
    )
    assert strict.ask("When does the bell ring?").text is None
    assert lax.ask("When does the bell ring?").text == "The bell rings at six."
    assert (lax.reader, lax.encoder) == (plain.reader, plain.encoder)
    assert lax.over(plain.store).settings.top_k == 3


def test_an_empty_question_indexes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.library.Answerer", lambda *_: pytest.fail("models were loaded"))
    (tmp_path / "a.txt").write_text("The bell rings at six.")
    for question in ("", "x" * 2001, None):
        with pytest.raises(QuestionError):
            ask(question, documents=tmp_path)  # type: ignore[arg-type]  # None is no question
    with pytest.raises(QuestionError, match="has 4 characters"):
        ask("When", documents=tmp_path, settings=Settings(max_question_chars=3))
    assert not store_folder([tmp_path], Settings()).exists()


@pytest.mark.parametrize("documents", ["", ["a.txt", ""], "a\0b"])
def test_what_is_no_path_is_refused(documents: Any) -> None:
    with pytest.raises(LoadError, match="path"):
        ask("When does the bell ring?", documents=documents)


def test_without_a_home_the_remedy_is_said(root: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "def nobody(_): raise KeyError('no such user')\n"
        "import pwd; pwd.getpwuid = nobody\n"
        "from rag.config import data_home\n"
        "from rag.errors import SettingsError\n"
        "try: data_home()\n"
        "except SettingsError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env={}, capture_output=True, text=True, check=True
    )
    assert "set CITESPAN_HOME" in done.stdout
