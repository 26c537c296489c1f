"""Example questions: made from the documents, answered rightly, made once for a state of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answerer import Answerer
from rag.loaders import make_document
from rag.store import Store
from ui import suggestions as module
from ui.library import Library
from ui.suggestions import Suggestions, sample
from ui.visitor import Visitor
from ui.wording import LIKELY

VELM = (
    "The old harbour of Velm closed in 1931. The lighthouse of Velm was built by Bo Lind in 1902. "
    "The Velm Ferry Company was founded in 1920. The market is open on Fridays."
)
TIBURY = (
    "Tibury is a town in Karsk. The library of Tibury was founded by Olga Pell in 1888. "
    "The Tibury Museum opened in 1972."
)


@pytest.fixture(scope="module")
def towns(
    answerer: Answerer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Answerer, list[str]]]:
    """An answerer over two documents, and their ids."""
    with Store(tmp_path_factory.mktemp("towns") / "store") as store:
        documents = [
            make_document(text, text[:6], f"{number}.txt", "text/plain")
            for number, text in enumerate((VELM, TIBURY))
        ]
        store.add(documents, answerer.encoder)
        yield answerer.over(store), [document.id for document in documents]


def test_every_example_is_answered_with_confidence(towns: tuple[Answerer, list[str]]) -> None:
    asked, ids = towns
    offered = Suggestions().of(asked)
    assert 1 <= len(offered) <= module.OFFERED
    answers = [asked.ask(question) for question in offered]
    assert all(answer.text and answer.confidence >= LIKELY for answer in answers)
    assert {answer.citations[0].document_id for answer in answers} == set(ids)


def test_only_the_chosen_documents_give_examples(towns: tuple[Answerer, list[str]]) -> None:
    asked, (_, tibury) = towns
    offered = Suggestions().of(asked, [tibury])
    assert offered
    assert all(asked.ask(q).citations[0].document_id == tibury for q in offered)
    assert Suggestions().of(asked, []) == ()


def test_they_are_made_once_for_each_state_of_the_documents(
    towns: tuple[Answerer, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, _ = towns
    kept = Suggestions()
    first = kept.of(asked)
    with monkeypatch.context() as patch:
        patch.setattr(module, "propose", pytest.fail)
        assert kept.of(asked) == first
    new = make_document("Karsk was founded by Eve Stone in 1701.", "Karsk", "k.txt", "text/plain")
    asked.store.add([new], asked.encoder)
    assert new.id in {asked.ask(q).citations[0].document_id for q in kept.of(asked)}
    asked.store.remove(new.id)


def test_a_large_library_is_sampled_evenly(answerer: Answerer, tmp_path: Path) -> None:
    with Store(tmp_path / "many") as store:
        texts = [f"Note {number:02} says nothing. " * 3 for number in range(20)]
        store.add(
            [make_document(t, t[:7], f"{n:02}.txt", "text/plain") for n, t in enumerate(texts)],
            answerer.encoder,
        )
        picked = [document.source for document in sample(answerer.over(store))]
    assert len(picked) == 8
    assert picked[0] == "00.txt"
    assert picked[-1] == "17.txt"


def test_fixed_examples_last_until_the_documents_change(sure: Answerer, tmp_path: Path) -> None:
    visitor = Visitor(Library(sure, tmp_path), ["Who urged caution?"])
    (update,) = visitor.suggest()
    assert "Who urged caution?" in (update.suggestions or "")
    path = tmp_path / "velm.txt"
    path.write_text(VELM, "utf-8")
    list(visitor.upload([str(path)]))
    (update,) = visitor.suggest()
    assert "Who urged caution?" not in (update.suggestions or "")
    assert 'data-ask="' in (update.suggestions or "")
    list(visitor.ask({"question": "When did the old harbour of Velm close?"}))
    assert list(visitor.suggest()) == []
    visitor.reset()
    assert [u.suggestions for u in visitor.suggest()] == [update.suggestions]
    visitor.close()
