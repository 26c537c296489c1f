"""Questions from sentences: worked by hand, and true of any text."""

import io
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.evaluation.proposals.drafts import drafts
from rag.evaluation.proposals.lexicon import COUNTRIES, WITH_ARTICLE
from rag.evaluation.proposals.propose import CLOZE, UNANSWERABLE_SHARE, propose
from rag.evaluation.proposals.review import review
from rag.evaluation.proposals.swaps import Absent
from rag.evaluation.proposals.verbs import base_of_past, base_of_present, past_of_participle
from rag.loaders import make_document
from rag.types import Document

HARBOR = (
    "The harbor of Lund Bay was dug in 1888 by Clara Holm. It is deep. "
    "The Lund Bay Company employed 1,400 workers in 1905. "
    "Denmark, the largest buyer of its fish, sent two inspectors to the town. "
    "Clara Holm (3 May 1841 – 12 June 1903) was an engineer. "
    "Since 1970 the council has run a small museum in the old pump house. "
    "Sales fell after the storm of January 1931, when the pier broke."
)


def document(text: str, name: str = "harbor.txt") -> Document:
    return make_document(text, name, f"/texts/{name}", "text/plain")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "The harbor of Lund Bay was dug in 1888 by Clara Holm.",
            {
                "When was the harbor of Lund Bay dug by Clara Holm?": "1888",
                "What was dug in 1888 by Clara Holm?": "The harbor of Lund Bay",
            },
        ),
        (
            "The bridge was designed by Clara Holm in Denmark.",
            {
                "Who designed the bridge in Denmark?": "Clara Holm",
                "Where was the bridge designed by Clara Holm?": "Denmark",
            },
        ),
        (
            "In 1905, the yard employed 1,400 workers.",
            {
                "When did the yard employ 1,400 workers?": "1905",
                "How many workers did the yard employ in 1905?": "1,400",
            },
        ),
        ("Two keepers lived on the rock.", {"How many keepers lived on the rock?": "Two"}),
        (
            "The canal has 14 locks near Oslo.",
            {"How many locks does the canal have near Oslo?": "14"},
        ),
        (
            "Clara Holm (3 May 1841 – 12 June 1903) was an engineer.",
            {
                "When was Clara Holm born?": "3 May 1841",
                "When did Clara Holm die?": "12 June 1903",
            },
        ),
        (
            "Denmark, the largest buyer of fish, has urged caution.",
            {
                "Which country is the largest buyer of fish?": "Denmark",
                "Which country has urged caution?": "Denmark",
            },
        ),
        (
            "Since 1970 the council has run a museum in the pump house.",
            {"Since when has the council run a museum in the pump house?": "1970"},
        ),
        (
            "While some nations have condemned the plan, others waited.",
            {"What have some nations condemned?": "the plan"},
        ),
        (
            "The surveyor and captain Clara Holm was awarded the Silver Compass.",
            {
                "Who was awarded the Silver Compass?": "The surveyor and captain Clara Holm",
            },
        ),
        (
            "Members of the rowing guild had the right to fish.",
            {"Who had the right to fish?": "Members of the rowing guild"},
        ),
        (
            "The captain’s map was lent to the museum.",
            {"What was lent to the museum?": "The captain’s map"},
        ),
        (
            "The Zirvane covers the whole of the bay.",
            {"What covers the whole of the bay?": "Zirvane"},
        ),
        (
            "The Oslo Harbor Plan includes a light for every pier.",
            {"Which plan includes a light for every pier?": "Oslo Harbor Plan"},
        ),
    ],
)
def test_questions_are_those_worked_by_hand(sentence: str, expected: dict[str, str]) -> None:
    found = {draft.question: sentence[draft.start : draft.end] for draft in drafts(sentence)}

    assert expected.items() <= found.items()


@pytest.mark.parametrize(
    "sentence",
    [
        "It was dug in 1888 by hand and with some luck.",  # what "it" is stands elsewhere
        "The method developed by the team.",  # no finite verb
        "The books on the shelves and the papers.",
        "‘To leave is to lose,’ the captain said in 1888.",
        "This led to a storm in 1931.",
        "Early historians of the town thought the harbor was older than the church.",
        "Figure 2 shows how the harbor was dug.",
    ],
)
def test_a_sentence_that_no_rule_is_sure_about_gives_nothing(sentence: str) -> None:
    assert list(drafts(sentence)) == []


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("In Oslo the main hall was an empty house by the sea.", "Where was the main hall"),
        ("The cup final was the best game of the Nordic League's, as all said.", "League’s?"),
        ("Dr. Holm was the first keeper of the light.", "dr. Holm"),
        ("The drift is a wind-driven, slow and steady movement of the ice.", "What is the drift"),
    ],
)
def test_no_rule_asks_in_these_words(sentence: str, wrong: str) -> None:
    assert not [d for d in drafts(sentence) if wrong.replace("’", "'") in d.question]


def test_references_are_no_part_of_a_question_and_pointers_make_none() -> None:
    asked = [p.question for p in propose([document(
        "The harbor of Lund Bay was mapped by Clara Holm in 1888 [3]. "
        "The pilots of Lund Bay were asked about this map by the council of Oslo. "
        "The shops of Lund Bay sell goods such as rope, such as tar and salt, including: oil."
    )], 20)]  # fmt: skip

    assert "When was the harbor of Lund Bay mapped by Clara Holm?" in asked
    assert not [q for q in asked if "[" in q or "this map" in q or q.endswith("including?")]


@pytest.mark.parametrize(
    ("past", "base"),
    [
        ("opened", "open"), ("created", "create"), ("planned", "plan"), ("hoped", "hope"),
        ("visited", "visit"), ("carried", "carry"), ("called", "call"), ("developed", "develop"),
        ("wrote", "write"), ("built", "build"), ("employed", "employ"), ("passed", "pass"),
        ("need", None), ("seed", None), ("red", None), ("table", None),
    ],
)  # fmt: skip
def test_bases_of_past_forms(past: str, base: str | None) -> None:
    assert base_of_past(past) == base


def test_other_forms() -> None:
    assert base_of_present("carries") == "carry"
    assert base_of_present("reaches") == "reach"
    assert base_of_present("glass") is None
    assert past_of_participle("written") == "wrote"
    assert past_of_participle("designed") == "designed"
    assert past_of_participle("green") is None


def test_answers_stand_where_they_are_said_to(seed_document: Document) -> None:
    texts = {"harbor.txt": HARBOR, seed_document.source.rsplit("/", 1)[-1]: seed_document.text}

    proposals = propose([document(HARBOR), seed_document], 100)

    assert len(proposals) > 15
    for proposal in proposals:
        assert proposal.sentence in texts[proposal.document]
        assert proposal.question[0].isupper()
        assert proposal.question.endswith("?")
        for gold in proposal.golds:
            assert gold.start is not None
            assert texts[proposal.document].startswith(gold.text, gold.start)
            assert gold.text in proposal.sentence


def test_unanswerable_questions_name_what_no_document_names() -> None:
    proposals = propose([document(HARBOR)], 12)
    unanswerable = [proposal for proposal in proposals if not proposal.golds]

    assert 0 < len(unanswerable) <= UNANSWERABLE_SHARE * 12
    for proposal in unanswerable:
        told = re.fullmatch(r".+, (.+) swapped for (.+)", proposal.made)
        assert told, proposal
        assert told[2] in proposal.question
        assert told[2].lower() not in HARBOR.lower()
        assert told[1] in HARBOR


@pytest.mark.parametrize("name", ["the United States", "Denmark"])
def test_a_country_swapped_in_has_its_article_and_no_other(name: str) -> None:
    absent = Absent(["Nobody said a word."], frozenset(), random.Random(1))  # noqa: S311 - no secret

    asked = {swap.question for _ in range(100) if (swap := absent.swap(f"What did {name} win?"))}

    assert {"What did the Netherlands win?", "What did Norway win?"} <= asked
    plain = "|".join(sorted(set(COUNTRIES) - WITH_ARTICLE))
    given = "|".join(sorted(WITH_ARTICLE))
    assert all(re.fullmatch(rf"What did (?:the (?:{given})|(?:{plain})) win\?", a) for a in asked)


def test_the_same_seed_gives_the_same_and_another_seed_others() -> None:
    documents = [document(HARBOR), document(HARBOR.replace("1888", "1754"), "other.txt")]

    assert propose(documents, 8, seed=3) == propose(documents, 8, seed=3)
    assert len({tuple(propose(documents, 6, seed=seed)) for seed in range(5)}) > 1


def test_one_question_a_sentence_before_a_second_and_clozes_last() -> None:
    every = [p for p in propose([document(HARBOR)], 100) if p.golds]
    few = [p for p in propose([document(HARBOR)], 5) if p.golds]

    assert len({p.sentence for p in few}) == len(few)
    assert not any(p.made == CLOZE for p in few)
    assert any(p.made == CLOZE and "storm of ____, when" in p.question for p in every)


def test_documents_of_one_file_name_are_told_apart() -> None:
    same = [
        make_document(f"{HARBOR} {place}.", "t", f"/{place}/harbor.txt", "text/plain")
        for place in ("a", "b")
    ]

    assert {p.document for p in propose(same, 50)} == {"a/harbor.txt", "b/harbor.txt"}


@given(
    st.text(
        alphabet=st.sampled_from("The in by of was had Ada 1888 12 dogs ‘’“”(),.;—\n\t"),
        max_size=300,
    )
)
def test_any_text_gives_verbatim_answers_or_nothing(text: str) -> None:
    if text.strip():
        for proposal in propose([document(text)], 20):
            assert all(text.startswith(g.text, g.start or 0) for g in proposal.golds)


@given(
    st.lists(
        st.sampled_from(
            "The In Ada Holm Denmark harbor was were had built opened by of in 1888 14 ships , and "
            "which ( ) locks museum has run his".split()
        ),
        min_size=5,
        max_size=20,
    )
)
def test_any_words_give_whole_questions(some: list[str]) -> None:
    sentence = f"{' '.join(some)}."
    for draft in drafts(sentence):
        assert draft.question.endswith("?")
        assert "  " not in draft.question
        assert sentence[draft.start : draft.end].strip()


def test_a_person_keeps_drops_edits_and_quits() -> None:
    proposals = propose([document(HARBOR)], 6)
    screen = io.StringIO()

    kept = review(proposals, io.StringIO("y\nn\nperhaps\ne\nWho dug it?\nq\n"), screen)

    assert [p.question for p in kept] == [proposals[0].question, "Who dug it?"]
    assert kept[1].golds == proposals[2].golds
    assert proposals[1].sentence in screen.getvalue()
    assert proposals[4].question not in screen.getvalue()
    assert review(proposals, io.StringIO(""), screen) == []


def test_a_document_cannot_steer_the_terminal() -> None:
    text = HARBOR.replace("dug in", "dug \x1b[2J in")
    screen = io.StringIO()

    review(propose([document(text)], 20), io.StringIO("n\n" * 20), screen)

    assert "\x1b" not in screen.getvalue()
