"""Files are forgotten as they were added, and an answer says when its file says it no more."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Answer, Answerer, Settings, Store
from rag.errors import LoadError
from tests.small_encoder import WordEncoder

FERRY = "The ferry leaves at 9:15 from the north quay."
ASKED = "When does the ferry leave?"


@pytest.fixture
def plain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answerer]:
    """Answers with whole sentences, from a store in the working directory, without a model."""
    monkeypatch.chdir(tmp_path)
    with Store("store") as store:
        settings = Settings(reader="sentence", min_confidence=0.0)
        yield Answerer(store, settings, encoder=WordEncoder())


def sources(answerer: Answerer) -> list[str]:
    return [Path(info.source).name for info in answerer.store.documents()]


def write(*names: str, text: str = "This is {}.") -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text.format(name))


@pytest.mark.parametrize("kind", [str, Path, lambda name: Path(name).absolute()])
def test_a_file_is_forgotten_by_the_path_it_was_added_by(plain: Answerer, kind: type[str]) -> None:
    write("docs/a.txt", "docs/b.txt")
    plain.add("docs")
    Path("docs/a.txt").unlink()
    assert plain.remove(kind("docs/a.txt"))
    assert sources(plain) == ["b.txt"]
    assert not plain.remove(kind("docs/a.txt"))


def test_a_name_of_any_bytes_is_forgotten(plain: Answerer) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    write(f"docs/{name}", "docs/b.txt", text=FERRY)
    plain.add("docs")
    assert plain.remove(Path("docs") / name)
    assert sources(plain) == ["b.txt"]


def test_a_folder_is_forgotten_with_all_below_it_and_nothing_beside_it(plain: Answerer) -> None:
    write("docs/a.txt", "docs/deep/b.txt", "docs2/c.txt", "doc%/d.txt", "docs.txt")
    plain.add(["docs", "docs2", "doc%", "docs.txt"])
    assert not plain.remove("doc")
    assert plain.remove("docs/../docs/")
    assert sources(plain) == ["d.txt", "docs.txt", "c.txt"]


def test_no_path_is_not_the_working_directory(plain: Answerer) -> None:
    write("a.txt")
    for call in (plain.add, plain.remove):
        with pytest.raises(LoadError, match="a path is empty"):
            call("")
    with pytest.raises(LoadError, match="NUL"):
        plain.add(["a.txt", "a\0b"])
    assert plain.add(iter(["."])).added  # type: ignore[arg-type]  # an iterator does too
    assert plain.remove(".")


def test_a_changed_file_is_noticed_though_another_says_what_it_said(plain: Answerer) -> None:
    write("a.txt", "b.txt", text=FERRY)
    plain.add(["a.txt", "b.txt"])
    answer = plain.ask(ASKED)
    assert Path(answer.citations[0].source).name == "a.txt"
    assert answer.verify(plain.store) == []
    write("b.txt", text="It is closed.")
    plain.add("b.txt")
    assert answer.verify(plain.store) == []
    write("b.txt", text=FERRY)
    write("a.txt", text="It leaves at 10:40.")
    plain.add(["a.txt", "b.txt"])
    with plain.store.snapshot() as snapshot:
        problems = answer.verify(snapshot)
    assert problems == answer.verify(plain.store)
    assert f"[1] {Path('a.txt').absolute()}: the source has changed" in problems
    plain.remove("a.txt")
    assert "a.txt: no longer in the store" in answer.verify(plain.store)[0]


def test_an_answer_comes_back_from_json(plain: Answerer) -> None:
    write("a.txt", text=f"{FERRY} The bus leaves at ten. The train does not leave.")
    plain.add("a.txt")
    answer = plain.ask(ASKED)
    assert answer.citations
    assert answer.alternatives
    assert answer.evidence
    again = Answer.from_dict(json.loads(json.dumps(answer.to_dict())))
    assert again == answer
    assert again.to_dict() == answer.to_dict()
    assert again.verify(plain.store) == []


def test_equal_answers_are_one_however_long_they_took(plain: Answerer) -> None:
    write("a.txt", text=FERRY)
    plain.add("a.txt")
    first, second = plain.ask(ASKED), plain.ask(ASKED)
    assert first.timings_ms != second.timings_ms
    assert len({first, second}) == 1
    assert first != plain.ask("When is the ferry?")
    (info,) = plain.store.documents()
    assert len({plain.store.document(info.id) for _ in range(2)}) == 1
