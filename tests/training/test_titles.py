"""Titles in front of training passages."""

from rag.training.titles import titled
from tests.training.samples import article

PASSAGES = {f"On day {day} it rained.": {"Which day?": f"day {day}"} for day in range(400)}


def test_answers_stay_where_they_are_under_a_title() -> None:
    given = article(PASSAGES) | {"title": "Rain_in_%C3%89vora"}
    (made,) = titled([given], 0.6, seed=1)
    first = [paragraph["context"].split("\n")[0] for paragraph in made["paragraphs"]]
    with_title = first.count("Rain in Évora.")
    assert 0.5 < with_title / len(PASSAGES) < 0.7
    for paragraph, plain in zip(made["paragraphs"], PASSAGES, strict=True):
        assert paragraph["context"].endswith(plain)
        (answer,) = paragraph["qas"][0]["answers"]
        assert paragraph["context"].startswith(answer["text"], answer["answer_start"])


def test_what_was_given_is_left_alone() -> None:
    given = article(PASSAGES)
    assert titled([given], 1.0, seed=1) != [given]
    assert given == article(PASSAGES)
    nameless = given | {"title": ""}
    assert titled([nameless], 1.0, seed=1) == [nameless]
