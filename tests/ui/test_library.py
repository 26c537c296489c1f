"""A visitor's documents: private, within limits, and nothing of them left afterwards."""

import gc
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rag.answerer import Answerer
from rag.errors import LoadError
from rag.loaders import load_file, make_document
from rag.passages import split
from rag.store import Store
from tests.small_encoder import WordEncoder
from ui import indexing
from ui import library as module
from ui.documents import Intake
from ui.library import Library, _end
from ui.selection import Selection


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    """Where private copies are made."""
    folder = tmp_path / "private"
    folder.mkdir()
    return folder


@pytest.fixture
def library(sure: Answerer, parent: Path) -> Iterator[Library]:
    """A private library over the seed document."""
    made = Library(sure, parent)
    yield made
    made.close()


def upload(folder: Path, **texts: str | bytes) -> list[Path]:
    """Files as Gradio leaves them: one folder each. ``a_txt`` becomes ``a.txt``."""
    files = []
    for name, content in texts.items():
        place = folder / f"upload-{name}"
        place.mkdir(parents=True, exist_ok=True)
        files.append(place / name.replace("_", "."))
        data = content if isinstance(content, bytes) else content.encode()
        files[-1].write_bytes(data)
    return files


def last(steps: Sequence[Intake]) -> Intake:
    """The report after all steps; no step goes back."""
    assert [s.done for s in steps] == sorted(s.done for s in steps)
    return steps[-1]


def test_what_is_added_is_answered_from_and_the_base_knows_nothing(
    library: Library, sure: Answerer, tmp_path: Path
) -> None:
    before = sure.store.version
    files = upload(tmp_path, note_txt="The lighthouse keeper of Velm is called Ada Brandt.\n")
    assert last(list(library.add(files))).added == 1
    answer = library.answerer.ask("Who is the lighthouse keeper of Velm?")
    assert "Ada Brandt" in (answer.text or "")
    assert answer.citations[0].source == "uploads/note.txt"
    assert len(library.documents()) == 2
    assert sure.store.version == before
    assert library.answerer.encoder is sure.encoder
    assert library.answerer.reader is sure.reader


def test_two_libraries_never_see_each_others_documents(sure: Answerer, parent: Path) -> None:
    ours, theirs = Library(sure, parent), Library(sure, parent)
    list(ours.add(upload(parent / "a", a_txt="The canary of the first visitor is yellow.\n")))
    list(theirs.add(upload(parent / "b", b_txt="The canary of the second visitor is grey.\n")))
    assert "grey" not in str(ours.answerer.ask("What colour is the second canary?").to_dict())
    assert "yellow" not in str(theirs.answerer.ask("What colour is the first canary?").to_dict())
    seen = [{info.source for info in library.documents()} for library in (ours, theirs)]
    base = {info.source for info in sure.store.documents()}
    assert seen == [base | {"uploads/a.txt"}, base | {"uploads/b.txt"}]
    ours.close()
    theirs.close()


def test_the_copy_is_private_and_gone_after_the_visit(
    library: Library, parent: Path, tmp_path: Path
) -> None:
    assert list(parent.iterdir()) == []
    files = upload(tmp_path, note_txt="A private note.\n")
    list(library.add(files))
    (folder,) = parent.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert not files[0].exists()
    library.close()
    assert list(parent.iterdir()) == []


def test_errors_by_file_leave_the_rest_in(library: Library, tmp_path: Path) -> None:
    files = upload(
        tmp_path,
        good_txt="The good one.\n",
        bad_txt=b"\0\1\2" * 99,
        p_png=b"\x89PNG",
        b_md="# B\n\nb.\n",
    )
    report = last(list(library.add(files)))
    assert (report.done, report.added, len(report.errors)) == (4, 2, 2)
    assert report.errors[0].startswith("bad.txt: ")
    assert report.errors[1].startswith("p.png: ")
    assert str(tmp_path) not in " ".join(report.errors)
    assert not any(file.exists() for file in files)


def test_the_same_text_again_is_unchanged_and_equal_names_stay_apart(
    library: Library, tmp_path: Path
) -> None:
    again = [*upload(tmp_path / "1", n_txt="One.\n"), *upload(tmp_path / "2", n_txt="Two.\n")]
    assert last(list(library.add(again))).added == 2
    sources = {info.source for info in library.documents()}
    assert {"uploads/n.txt", "uploads/n (2).txt"} <= sources
    report = last(list(library.add(upload(tmp_path / "3", n_txt="One.\n"))))
    assert (report.added, report.unchanged, report.replaced) == (0, 1, 0)
    report = last(list(library.add(upload(tmp_path / "4", n_txt="Three.\n"))))
    assert (report.added, report.unchanged, report.replaced) == (1, 0, 1)


def test_limits_are_errors_of_the_files_beyond_them(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_FILES", 2)
    monkeypatch.setattr(module, "MAX_CHARACTERS", 40)
    texts = {"a_txt": "Short.\n", "b_txt": "Much too long. " * 9, "c_txt": "Third.\n"}
    report = last(list(library.add(upload(tmp_path, **texts, d_txt="Fourth.\n"))))
    assert (report.added, len(report.errors)) == (2, 2)
    assert "b.txt: more than 0 million characters in all" in report.errors[0]
    assert "d.txt: more than 2 new files" in report.errors[1]
    report = last(list(library.add(upload(tmp_path, **texts, d_txt="Fourth.\n"))))
    assert (report.added, report.unchanged, len(report.errors)) == (1, 2, 1)


def test_what_is_removed_counts_no_more(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 40)
    for number in range(3):
        text = f"Of thirty bytes, the {number}th of all.\n"
        report = last(list(library.add(upload(tmp_path / str(number), a_txt=text))))
        assert (report.added, report.errors) == (1, ())
        assert library.remove("uploads/a.txt")
    list(library.add(upload(tmp_path, b_txt="In place of the last one.\n")))
    with pytest.raises(LoadError, match="million characters in all"):
        library.undo()
    assert list(texts(library)) == ["uploads/b.txt"]
    assert library.removed == "a.txt"


def test_the_limit_holds_for_two_who_add_at_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 40)
    texts = {"a": "Of thirty bytes, the first one.\n", "b": "Of thirty bytes, the second.\n"}
    both = [library.add(upload(tmp_path / name, **{f"{name}_txt": texts[name]})) for name in texts]
    for adding in both:  # each is read, and found to be within the limit
        while next(adding).stage != "Indexing":
            pass
    reports = [last(list(adding)) for adding in both]
    assert [(report.added, len(report.errors)) for report in reports] == [(1, 0), (0, 1)]
    assert len(library.documents()) == 2


def test_a_stop_keeps_what_is_in(library: Library, tmp_path: Path) -> None:
    files = upload(tmp_path, a_txt="First.\n", b_txt="Second.\n", c_txt="Third.\n")
    steps: list[Intake] = []
    steps += library.add(files, lambda: sum(s.stage == "Reading" for s in steps) == 2)
    assert last(steps).cancelled
    assert (steps[-1].done, steps[-1].added) == (1, 1)
    assert not any(file.exists() for file in files)


def test_a_long_file_shows_how_far_it_is_and_can_be_stopped(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 4)
    words = "".join(f"Passage {n} of the log. {'The pier is old. ' * 40}\n\n" for n in range(12))
    steps: list[Intake] = []
    steps += library.add(upload(tmp_path, log_txt=words))
    shares = [step.share for step in steps if step.share]
    assert shares == sorted(set(shares))
    assert 0 < shares[0] < shares[-1] < 1
    assert library.remove("uploads/log.txt")
    steps.clear()
    steps += library.add(upload(tmp_path, log_txt=words), lambda: any(s.share for s in steps))
    assert last(steps).cancelled
    assert len(library.documents()) == 1
    assert library.answerer.ask("Who urged caution?").text == "China"


def test_what_is_added_in_parts_is_what_is_added_at_once(
    sure: Answerer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 4)
    words = "".join(f"Note {n} of the log. {'The pier is old. ' * 40}\n\n" for n in range(10))
    (file,) = upload(tmp_path, n_txt=words)
    document = load_file(file)
    with Store(tmp_path / "whole") as whole, Store(tmp_path / "parts") as parts:
        whole.add([document], sure.encoder)
        steps = indexing.prepare(parts, document, sure.encoder, lambda: False)
        parts.add([document], _end(steps))
        expected, found = ([i.passages for i in store.documents()] for store in (whole, parts))
        assert found == expected
        question = "What is old?"
        hits = [sure.over(store).search(question, top_k=5) for store in (whole, parts)]
    assert [h.passage for h in hits[0]] == [h.passage for h in hits[1]]
    assert [h.score for h in hits[0]] == pytest.approx([h.score for h in hits[1]], abs=1e-2)


def test_what_is_added_in_parts_is_embedded_once(tmp_path: Path) -> None:
    words = "".join(f"# Part {n}\n\n{'The pier is old. ' * 40}\n\n" for n in range(9))
    document = make_document(words, "Harbour", "pier.md", "text/markdown")
    encoder = WordEncoder()
    with Store(tmp_path / "parts") as store:
        store.add([document], _end(indexing.prepare(store, document, encoder, lambda: False)))
    assert encoder.encoded == [passage.searched for passage in split(document)]
    assert any(passage.about for passage in split(document))


def test_one_stop_is_not_anothers_in_a_shared_library(sure: Answerer, parent: Path) -> None:
    shared = Library(sure, parent)
    first, second = Selection(shared), Selection(shared)
    steps = first.add(upload(parent / "1", a_txt="First.\n", b_txt="Second.\n"))
    next(steps)
    second.stop()
    assert last(list(steps)).added == 2
    shared.close()


def test_a_stop_is_not_undone_by_what_is_added_next(library: Library, parent: Path) -> None:
    selection = Selection(library)
    stopped = selection.add(upload(parent / "1", a_txt="First.\n", b_txt="Second.\n"))
    next(stopped)
    selection.stop()
    assert last(list(selection.add(upload(parent / "2", c_txt="Third.\n")))).added == 1
    report = last(list(stopped))
    assert (report.added, report.cancelled) == (0, True)


def test_removals_are_undone_one_by_one(library: Library, parent: Path) -> None:
    last(list(library.add(upload(parent / "1", a_txt="First.\n", b_txt="Second.\n"))))
    before = library.documents()
    for info in before:
        library.remove(info.source)
    assert library.documents() == []
    for info in reversed(before):
        assert library.removed == info.title
        assert library.undo() == info.id
    assert [info.id for info in library.documents()] == [info.id for info in before]
    assert library.removed is None


def texts(library: Library) -> dict[str, str]:
    """What was added, by source."""
    store = library.answerer.store
    found = {info.source: store.document(info.id) for info in library.documents()}
    return {
        name: document.text
        for name, document in found.items()
        if document and name.startswith("uploads/")
    }


def test_what_a_file_replaces_can_be_had_back(library: Library, tmp_path: Path) -> None:
    for text in ("One.\n", "Two.\n"):
        last(list(library.add(upload(tmp_path, n_txt=text))))
    assert texts(library) == {"uploads/n.txt": "Two.\n"}
    assert library.undo()
    assert texts(library) == {"uploads/n.txt": "Two.\n", "uploads/n (2).txt": "One.\n"}
    assert library.undo() is None


def test_undo_takes_the_place_of_nothing(library: Library, tmp_path: Path) -> None:
    list(library.add(upload(tmp_path, n_txt="One.\n")))
    assert library.remove("uploads/n.txt")
    list(library.add(upload(tmp_path, n_txt="Two.\n")))
    assert library.undo()
    assert texts(library) == {"uploads/n.txt": "Two.\n", "uploads/n (2).txt": "One.\n"}


def test_of_two_files_with_one_text_one_is_removed_and_put_back(
    library: Library, tmp_path: Path
) -> None:
    list(library.add(upload(tmp_path, a_txt="The same.\n", b_txt="The same.\n")))
    both = texts(library)
    assert list(both) == ["uploads/a.txt", "uploads/b.txt"]
    for name in both:
        assert library.remove(name)
        assert texts(library) == {other: both[other] for other in both if other != name}
        assert library.undo()
        assert texts(library) == both


def test_a_name_goes_and_comes_back_with_its_file(library: Library, tmp_path: Path) -> None:
    same = {"anna_txt": "The rent is 900.\n", "bob_txt": "The rent is 900.\n"}
    list(library.add(upload(tmp_path, **same)))
    for gone, left in (("anna.txt", "bob.txt"), ("bob.txt", "anna.txt")):
        assert library.remove(f"uploads/{gone}")
        assert library.removed == gone
        (info,) = (info for info in library.documents() if info.source == f"uploads/{left}")
        document = library.answerer.store.document(info.id)
        assert document is not None
        assert document.title == info.title == left
        assert library.undo()
    titles = [info.title for info in library.documents() if info.source.startswith("uploads/")]
    assert titles == ["anna.txt", "bob.txt"]


def test_of_too_much_that_was_removed_the_first_goes(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 40)
    for number in range(3):
        list(library.add(upload(tmp_path, n_txt=f"Twenty characters {number}\n")))
    assert library.remove("uploads/n.txt")
    assert library.undo()
    assert library.undo()
    assert library.undo() is None
    assert len(texts(library)) == 2


def test_removal_can_be_undone(library: Library, sure: Answerer) -> None:
    info = library.documents()[0]
    assert library.remove(info.source)
    assert library.documents() == []
    assert library.answerer.ask("Who urged caution?").text is None
    assert library.removed == info.title
    assert library.undo() == info.id
    assert [d.id for d in library.documents()] == [info.id]
    assert "China" in (library.answerer.ask("Who urged caution?").text or "")
    assert library.undo() is None
    assert not library.remove("../../etc/passwd")
    assert len(sure.store.documents()) == 1


def test_the_chat_goes_on_answering_while_documents_are_added(
    library: Library, tmp_path: Path
) -> None:
    files = upload(tmp_path, **{f"n{n}_txt": f"Note {n} of the log.\n" * 40 for n in range(6)})
    adding = threading.Thread(target=lambda: list(library.add(files)))
    adding.start()
    answered = 0
    while adding.is_alive():
        assert "China" in (library.answerer.ask("Who urged caution?").text or "")
        answered += 1
    adding.join()
    assert answered
    assert len(library.documents()) == 7


def test_a_library_that_is_dropped_unclosed_takes_its_copy_along(
    sure: Answerer, tmp_path: Path
) -> None:
    library = Library(sure, tmp_path)
    assert library.remove(library.documents()[0].source)
    (folder,) = tmp_path.iterdir()
    assert (folder / "store.sqlite").exists()
    del library
    gc.collect()
    assert not folder.exists()
    assert sure.ask("Who urged caution?").text == "China"
