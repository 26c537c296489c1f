"""The seed corpus and its questions hold what they promise."""

import hashlib
from pathlib import Path

from rag.config import seeds_folder
from rag.loaders import find_files
from rag.types import Document
from tests.conftest import SeedQuestion


def test_the_document_is_the_owners_byte_for_byte(seeds: Path) -> None:
    (path,) = find_files([seeds])

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert digest == "9174e7792965ec47533c661696dcbd12f5b15808d63c7904594b3eb4bda18105"
    assert path.read_bytes().decode("utf-8").startswith("Kim Jong Un’s Defiant Stance")


def test_the_questions_are_no_document(seeds: Path) -> None:
    assert [path.name for path in find_files([seeds])] == ["000_c8591a2c09309cb8.txt"]
    assert (seeds / "questions.jsonl").is_file()
    assert seeds_folder() == seeds


def test_every_answer_stands_verbatim_in_the_document(
    seed_document: Document, seed_questions: list[SeedQuestion]
) -> None:
    for question in seed_questions:
        assert question.document == Path(seed_document.source).name
        for answer in question.answers:
            assert answer in seed_document.text, question
            assert answer == answer.strip() != "", question


def test_counts_and_ids(seed_questions: list[SeedQuestion]) -> None:
    answerable = [question for question in seed_questions if question.answers]

    assert len(answerable) >= 42
    assert len(seed_questions) - len(answerable) >= 22
    assert len({question.id for question in seed_questions}) == len(seed_questions)
    assert len({question.question for question in seed_questions}) == len(seed_questions)
    assert all(len(set(q.answers)) == len(q.answers) for q in seed_questions)


def test_the_questions_of_the_first_screen_are_among_them(
    seed_questions: list[SeedQuestion],
) -> None:
    answers = {question.question: question.answers for question in seed_questions}

    assert answers["Who urged caution?"] == ("China",)
    assert "sanctions and talks" in answers["What has Russia advocated?"]
    assert answers["When was the agreement between Seoul and Pyongyang outlined?"] == ("2021",)
    assert answers["Who won the 2018 World Cup?"] == ()
    assert answers["How many warheads does North Korea have?"] == ()
