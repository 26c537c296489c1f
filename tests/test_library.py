"""``ask`` as a user calls it, and the names that the package promises."""

import dataclasses
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import rag
from rag import Answerer, LoadError, ask, open_store
from rag.config import Settings
from rag.library import store_folder, synchronize
from tests.rights import folder_with_rights

PUBLIC = {
    "AddReport", "Alternative", "Answer", "Answerer", "Citation", "CitespanError", "Document",
    "DocumentInfo", "Evidence", "Hit", "LoadError", "ModelError", "ModelMismatch", "Passage",
    "QuestionError", "Settings", "SettingsError", "Store", "StoreError", "ask", "make_document",
    "open_store",
}  # fmt: skip

UNREADABLE = Path("/proc/self/mem")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test as a new process would start: nothing open."""
    monkeypatch.setattr("rag.library._open", {})
    monkeypatch.setattr("rag.library._models", {})


def test_public_names() -> None:
    assert set(rag.__all__) == PUBLIC
    assert all(hasattr(rag, name) for name in PUBLIC)


def test_answers_from_the_seeds() -> None:
    answer = ask("Who urged caution?")
    assert answer.text is not None
    assert "China" in answer.text


def test_a_new_process_answers_without_the_slow_imports(root: Path) -> None:
    code = "import sys; from rag import ask; ask('Who urged caution?'); print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert not set(run.stdout.split()) & {"transformers", "sentence_transformers", "sklearn"}


def test_files_of_other_kinds_are_said_to_be_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "tea.txt").write_text("Assam tea is grown in India.")
    (tmp_path / "coffee.PDF").write_bytes(b"%PDF-1.7")
    (tmp_path / "data.bin").write_bytes(b"\0")
    with caplog.at_level(logging.WARNING):
        ask("Where is Assam tea grown?", documents=tmp_path)
    assert "one file of a kind that is not read (.pdf) is left out" in caplog.text
    report = Answerer(open_store(tmp_path / "store")).add(tmp_path / "tea.txt")
    assert report.skipped == ()


def test_indexes_once_and_reuses_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "tea.md"
    page.write_text("# Tea\n\nAssam tea is grown in India. It is drunk with milk.\n")
    first = ask("Where is Assam tea grown?", documents=page)
    assert "India" in (first.text or "")
    monkeypatch.setattr("rag.library._open", {})
    monkeypatch.setattr("rag.store.split", lambda _: pytest.fail("split and embedded again"))
    again = ask("Where is Assam tea grown?", documents=[str(page)], settings=Settings())
    assert again.text == first.text
    assert again.store_version == first.store_version


@pytest.mark.parametrize("then", ["removed", "replaced"])
def test_an_index_that_is_gone_is_made_again(tmp_path: Path, then: str) -> None:
    (tmp_path / "a.txt").write_text("The red boat is called Petrel.")
    question, folder = "What is the red boat called?", store_folder([tmp_path], Settings())
    first = ask(question, documents=tmp_path)
    assert "Petrel" in (first.text or "")
    if then == "removed":
        shutil.rmtree(folder)
    else:
        folder.rename(tmp_path / "old")
        open_store(folder).close()
    assert ask(question, documents=tmp_path).text == first.text
    with open_store(folder) as store:
        assert len(store.documents()) == 1


def test_a_renamed_file_has_its_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "tea.txt"
    page.write_text(
        "# Growing\n\nAssam tea is grown in India.\n\n# Use\n\nIt is drunk with milk.\n"
    )
    question = "Where is Assam tea grown?"
    assert ask(question, documents=tmp_path).citations[0].title == "# Growing"
    page.rename(tmp_path / "leaf.md")
    monkeypatch.setattr("rag.library._open", {})
    cited = ask(question, documents=tmp_path).citations[0]
    assert (cited.title, Path(cited.source).name) == ("Growing", "leaf.md")
    assert cited.heading == "Growing"


def test_follows_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("The red boat is called Petrel.")
    (tmp_path / "b.txt").write_text("The blue boat is called Heron.")
    assert "Heron" in (ask("What is the blue boat called?", documents=tmp_path).text or "")
    (tmp_path / "b.txt").unlink()
    (tmp_path / "a.txt").write_text("The red boat is called Dipper.")
    monkeypatch.setattr("rag.library._open", {})
    assert "Dipper" in (ask("What is the red boat called?", documents=tmp_path).text or "")
    store = rag.open_store(store_folder([tmp_path], Settings()))
    assert [Path(d.source).name for d in store.documents()] == ["a.txt"]
    store.close()


@pytest.mark.parametrize("now", [b"", b"\x89PNG\r\n\x1a\n" + bytes(64)])
def test_what_a_file_no_longer_says_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: bytes
) -> None:
    (tmp_path / "a.txt").write_text("The red boat is called Petrel.")
    (tmp_path / "b.txt").write_text("The blue boat is called Heron.")
    question = "What is the red boat called?"
    assert "Petrel" in (ask(question, documents=tmp_path).text or "")
    (tmp_path / "a.txt").write_bytes(now)
    monkeypatch.setattr("rag.library._open", {})
    assert "Petrel" not in (ask(question, documents=tmp_path).text or "")
    with rag.open_store(store_folder([tmp_path], Settings())) as store:
        assert [Path(d.source).name for d in store.documents()] == ["b.txt"]


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs a file that root cannot read either")
def test_a_file_that_cannot_be_reached_keeps_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, boat in (("a.txt", "Petrel"), ("b.txt", "Heron")):
        (tmp_path / name).write_text(f"The boat of {name[0]} is called {boat}.")
    ask("Which boats are there?", documents=tmp_path)
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to(UNREADABLE)
    monkeypatch.setattr("rag.library._open", {})
    ask("Which boats are there?", documents=tmp_path)
    with rag.open_store(store_folder([tmp_path], Settings())) as store:
        assert len(store.documents()) == 2


def test_what_lies_in_a_closed_folder_keeps_what_it_said(tmp_path: Path) -> None:
    models = Answerer(open_store(tmp_path / "store"))
    with folder_with_rights() as folder, open_store(folder / "store") as store:
        for name in ("closed", "open"):
            (folder / "docs" / name).mkdir(parents=True)
            (folder / "docs" / name / "note.txt").write_text(f"This boat is {name}.")
        answerer = models.over(store)
        synchronize(answerer, [folder / "docs"])
        (folder / "docs" / "closed").chmod(0)
        (folder / "docs" / "open" / "note.txt").unlink()
        (folder / "docs" / "other.txt").write_text("This boat is another.")
        synchronize(answerer, [folder / "docs"])
        (folder / "docs" / "closed").chmod(0o700)
        assert [Path(d.source).parent.name for d in store.documents()] == ["closed", "docs"]


def test_other_documents_are_asked_with_the_same_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[object, Answerer] = {}
    monkeypatch.setattr("rag.library._open", opened)
    for name in ("Petrel", "Heron"):
        page = tmp_path / f"{name}.txt"
        page.write_text(f"The boat is called {name}.")
        assert name in (ask("What is the boat called?", documents=page).text or "")
    first, second = opened.values()
    assert first.reader is second.reader
    assert first.encoder is second.encoder


def test_other_settings_are_asked_with_the_same_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[object, Answerer] = {}
    monkeypatch.setattr("rag.library._open", opened)
    page = tmp_path / "boat.txt"
    page.write_text("The boat is called Petrel.")
    question = "What is the boat called?"
    sentences = Settings(reader="sentence", min_confidence=0.0)
    assert ask(question, page, settings=Settings(min_confidence=1.0)).text is None
    assert ask(question, page, settings=Settings(min_confidence=0.0)).text == "Petrel"
    assert ask(question, page, settings=sentences).text is not None
    strict, lax, other = opened.values()
    assert strict.reader is lax.reader
    assert strict.encoder is lax.encoder
    assert strict.calibration is lax.calibration
    assert other.reader is not strict.reader


def test_what_was_twice_in_part_of_it_keeps_its_text_and_name(tmp_path: Path) -> None:
    models = Answerer(open_store(tmp_path / "store"))
    with folder_with_rights() as folder, open_store(folder / "store") as store:
        closed = folder / "docs" / "closed"
        closed.mkdir(parents=True)
        (folder / "docs" / "other.txt").write_text("This boat is another.")
        for file in (folder / "docs" / "a.txt", closed / "b.txt"):
            file.write_text("The boat is called Petrel.")
        answerer = models.over(store)
        synchronize(answerer, [folder / "docs"])
        (folder / "docs" / "a.txt").unlink()
        closed.chmod(0)
        synchronize(answerer, [folder / "docs"])
        closed.chmod(0o700)
        assert [info.title for info in store.documents()] == ["b.txt", "other.txt"]
        assert answerer.ask("What is the boat called?").citations[0].title == "b.txt"


def test_a_path_of_any_bytes_has_a_store_and_others_keep_theirs(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "boat.txt").write_text("The boat is called Petrel.")
    assert ask("What is the boat called?", folder).text == "Petrel"
    # Worked out by hand: printf '\n/caf\xc3\xa9' | sha256sum
    assert store_folder([Path("/café")], Settings()).name == "bc2452ec35c3370d"


def test_what_is_not_there_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="check the path"):
        ask("Anything?", documents=tmp_path / "missing")
    assert not store_folder([tmp_path / "missing"], Settings()).exists()


def test_a_bad_file_is_named_and_the_rest_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.txt").write_text("The green boat is called Curlew.")
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01\x02\xff" * 300)
    with caplog.at_level(logging.WARNING, "rag"):
        answer = ask("What is the green boat called?", documents=tmp_path)
    assert "Curlew" in (answer.text or "")
    assert "bad.txt" in caplog.text


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="missing"):
        ask("Anything?", documents=tmp_path / "missing")
    with pytest.raises(LoadError, match="no readable documents"):
        ask("Anything?", documents=tmp_path)
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(LoadError, match=r"empty\.txt"):
        ask("Anything?", documents=tmp_path)


def test_the_python_of_the_readme_runs(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "hall.txt").write_text("The fee for the hall is due on 1 March.")
    blocks = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    answers = []
    for block in blocks:
        names: dict[str, rag.Answer] = {}
        exec(block, names)  # noqa: S102 - it is our own
        answers.append(names["answer"].text)
    assert answers == ["1 March", "4 May"]
    assert "None" in capsys.readouterr().out


def test_every_setting_is_documented(root: Path) -> None:
    readme = (root / "README.md").read_text("utf-8")
    for field in dataclasses.fields(Settings):
        assert f"`{field.name}`" in readme
