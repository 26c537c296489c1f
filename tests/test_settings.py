"""Settings files, and places that stay where they are."""

import codecs
import threading
from pathlib import Path

import pytest

from rag.config import Settings, data_home
from rag.errors import SettingsError
from rag.loaders import make_document
from rag.store import Store
from tests.small_encoder import WordEncoder


def test_a_settings_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes(codecs.BOM_UTF8 + b"top_k = 3\n")
    assert Settings.from_file(file).top_k == 3


@pytest.mark.parametrize("line", ["top_q = 3", "top_k = 0", 'top_k = "3"', "top_k = = 0"])
def test_a_settings_file_that_cannot_be_used_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(line)
    with pytest.raises(SettingsError, match=r"mine\.toml: .*top_[kq]|mine\.toml: Invalid value"):
        Settings.from_file(file)


def test_a_name_that_no_settings_file_can_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="expected a TOML file"):
        Settings.from_file("a\0b")


@pytest.mark.parametrize("name", ["CITESPAN_HOME", "XDG_CACHE_HOME"])
def test_the_data_folder_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CITESPAN_HOME")
    monkeypatch.setenv(name, "data")
    assert data_home() in (tmp_path / "data", tmp_path / "data" / "citespan")


def test_a_store_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store("store") as store:
        store.add([make_document("Text.", "t", "t.txt", "text/plain")], WordEncoder())
        (tmp_path / "other" / "store").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "other")
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(len(store.documents())))
        thread.start()
        thread.join()
        assert seen == [1]
        assert store.folder == tmp_path / "store"
