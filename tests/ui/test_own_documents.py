"""Documents of a visitor's own: what is read of all others for them, and what is linked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answerer import Answerer
from rag.loaders import make_document
from rag.snapshot import DocumentInfo, Snapshot
from rag.store import Store
from tests.small_encoder import WordEncoder
from tests.ui.page import read
from ui.handlers import Chat
from ui.library import Library
from ui.selection import Selection
from ui.update import Update
from ui.visitor import Visitor

QUESTION = "Who urged caution?"


@pytest.fixture
def library(sure: Answerer, tmp_path: Path) -> Iterator[Library]:
    """A private library over the seed document."""
    made = Library(sure, tmp_path)
    yield made
    made.close()


def note(folder: Path, name: str = "note.txt", words: str = "The keeper is Ada Brandt.\n") -> Path:
    """A file as Gradio hands it over."""
    path = folder / name
    path.write_text(words, "utf-8")
    return path


def test_documents_are_changed_and_chosen_without_reading_all(
    library: Library, sure: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (seed,) = sure.store.documents()

    def documents(_: Snapshot) -> list[DocumentInfo]:
        pytest.fail("the texts of all documents are read")

    monkeypatch.setattr(Snapshot, "documents", documents)
    selection = Selection(library)
    selection.choose(seed.id)
    assert selection.chosen == frozenset()
    *_, report = selection.add([note(tmp_path), note(tmp_path, "b.txt", "The mayor is Bo.\n")])
    assert (report.added, report.errors) == (2, ())
    assert len(selection.chosen or ()) == 2
    *_, report = selection.add([note(tmp_path, words="The keeper is Cy Dorn.\n")])
    assert (report.added, report.replaced) == (1, 1)
    assert library.remove("uploads/b.txt")
    selection.undo()
    selection.undo()
    assert library.removed is None
    chat = Chat(library.answerer, frozenset())
    assert "Choose at least one" in (chat.answered("Who is the keeper?").error or "")


def test_narrow_queries_say_what_the_whole_list_says(tmp_path: Path) -> None:
    with Store(tmp_path / "store") as store:
        texts = {"uploads/a.txt": "One.", "uploads/b.txt": "One.", "c.txt": "Drei \N{SNOWMAN}!"}
        for name in ("uploadsx.txt", "uploads0", *texts):
            words = texts.get(name, f"In {name}.")
            made = make_document(words, f"The title of {name}", name, "text/plain")
            store.add([made], WordEncoder())
        infos = store.documents()
        with store.snapshot() as snapshot:
            infos.sort(key=lambda info: info.source != "uploads/a.txt")
            assert snapshot.sources() == {info.source: info.id for info in infos}
            assert snapshot.sizes_under("uploads/") == {
                f"uploads/{name}.txt": (infos[0].id, len("One.")) for name in "ab"
            }
            for info in infos:
                named = snapshot.named(info.source)
                assert named is not None
                assert (named.id, named.title, named.source, named.media_type) == (
                    info.id,
                    info.title,
                    info.source,
                    info.media_type,
                )
            assert snapshot.named("nothing.txt") is None


def links(update: Update) -> list[str | None]:
    """The questions that can be linked."""
    buttons = read(update.conversation or "").find("button")
    return [b.attributes["data-link"] for b in buttons if "data-link" in b.attributes]


def test_an_answer_from_own_documents_has_no_link(library: Library, tmp_path: Path) -> None:
    visitor = Visitor(library)
    *_, update = visitor.ask({"question": QUESTION})
    assert links(update) == [QUESTION]
    list(visitor.upload([str(note(tmp_path))]))
    *_, update = visitor.ask({"question": "Who is the keeper?"})
    assert links(update) == [QUESTION]  # of the answer that everyone's documents give
    assert len(read(update.conversation or "").find("p", "tools")) == 2


def test_answers_from_documents_that_all_share_have_links(sure: Answerer, tmp_path: Path) -> None:
    with sure.store.copy(tmp_path / "all") as store:
        visitor = Visitor(Library(sure.over(store), None), shared=True)
        list(visitor.upload([str(note(tmp_path))]))
        *_, update = visitor.ask({"question": "Who is the keeper?"})
        assert links(update) == ["Who is the keeper?"]
        visitor.close()
