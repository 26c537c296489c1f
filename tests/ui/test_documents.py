"""The list of documents and the progress of dropped files, as a browser reads them."""

from rag.snapshot import DocumentInfo
from tests.ui.page import read
from ui import documents
from ui.documents import Intake, Shelf

A = DocumentInfo("a" * 32, "Alpha <b>", "a.txt", 12_345, 1, "text/plain", "2026-03-04T05:06:07")
B = DocumentInfo("b" * 32, "Beta", "b.txt", 10, 2, "text/plain", "2026-03-05T05:06:07")


def test_each_document_has_title_size_passages_and_date() -> None:
    page = read(documents.library(Shelf([A, B])))
    first = page.find("button", "document")[0]
    assert first.attributes["data-document"] == A.id
    assert first.text == "Alpha <b>12,345 characters, 1 passage, added 2026-03-04"
    assert [t.attributes["aria-checked"] for t in page.find("button", "tick")] == ["true", "true"]
    assert page.find("button", "tick")[0].attributes["aria-label"] == "Ask Alpha <b>"


def test_what_is_left_out_is_said_in_the_list_and_above_the_question() -> None:
    shelf = Shelf([A, B], frozenset({B.id}))
    page = read(documents.library(shelf))
    assert [t.attributes["aria-checked"] for t in page.find("button", "tick")] == ["false", "true"]
    assert read(documents.scope(shelf)).find("p")[0].text == "Asking 1 of 2 documents"
    assert "none of 2" in documents.scope(Shelf([A, B], frozenset()))
    assert documents.scope(Shelf([A, B])) == ""
    assert documents.scope(Shelf([A, B], {A.id, B.id, "gone"})) == ""


def test_a_removed_document_can_be_put_back() -> None:
    page = read(documents.library(Shelf([B], removed=A.title)))
    line = page.find("p", "undo")[0]
    assert line.text == "Removed Alpha <b>Undo"
    assert line.attributes["role"] == "status"


def test_progress_counts_files_and_stages() -> None:
    page = read(documents.progress(Intake(1, 3, "b <i>.txt", "Indexing", errors=("a: <bad>",))))
    bar = page.find("progress")[0].attributes
    assert (bar["value"], bar["max"]) == ("3", "6")
    assert page.find("p")[0].text == "Indexing 2 of 3: b <i>.txtCancel"
    later = read(documents.progress(Intake(1, 3, "b", "Indexing", share=0.25)))
    assert later.find("progress")[0].attributes["value"] == "3.25"
    assert later.find("p")[0].text == "Indexing 2 of 3 (25 %): bCancel"
    assert [e.text for e in page.find("li")] == ["a: <bad>"]


def test_the_outcome_counts_everything() -> None:
    done = Intake(4, 4, added=1, unchanged=2, replaced=1, errors=("x",))
    line = read(documents.progress(done)).find("p")[0].text
    assert line == (
        "1 document added, 1 in place of an earlier one of that name, 2 already there, "
        "1 could not be read.Close"
    )
    cancelled = Intake(1, 5, added=1, cancelled=True)
    assert "4 cancelled" in read(documents.progress(cancelled)).find("p")[0].text


def test_long_lists_are_cut() -> None:
    page = read(documents.library(Shelf([B] * (documents.MAX_LISTED + 7))))
    assert len(page.find("button", "document")) == documents.MAX_LISTED
    assert page.find("li")[-1].text == "and 7 more"
