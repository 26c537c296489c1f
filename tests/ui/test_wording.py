"""Words for numbers, checked against a table made by hand."""

import pytest

from tests.ui.samples import abstention, answer, cite, document
from ui import export, wording


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "Very likely right · 100 %"),
        (0.999, "Very likely right · over 99 %"),
        (0.9, "Very likely right · 90 %"),
        (0.89, "Likely right · 89 %"),
        (0.7, "Likely right · 70 %"),
        (0.5, "Uncertain · 50 %"),
        (0.49, "Doubtful · 49 %"),
        (0.001, "Doubtful · under 1 %"),
        (0.0, "Doubtful · 0 %"),
    ],
)
def test_confidence(probability: float, words: str) -> None:
    assert wording.confidence(probability) == words


def test_counts() -> None:
    assert wording.count(1, "passage") == "1 passage"
    assert wording.count(12345, "passage") == "12,345 passages"


def test_places_have_their_thousands_apart() -> None:
    assert wording.place(None, 137167, 137182) == "characters 137,167–137,182"
    assert wording.place(3, 1, 82) == "page 3, characters 1–82"


def test_plain_text_of_an_answer() -> None:
    source = document()
    found = answer(cite(source, "1934"), sentence="A new harbour opened in 1934.")
    assert export.as_text(found).splitlines() == [
        "When did the new harbour open?",
        "",
        "“1934”",
        "A new harbour opened in 1934.",
        "Very likely right · 90 %",
        "",
        f"[1] The harbour, characters 69–73, SHA-256 {source.sha256[:12]}",
    ]


def test_plain_text_of_an_abstention_claims_nothing() -> None:
    near = cite(document(), "1931", supports=False)
    lines = export.as_text(abstention(near)).splitlines()
    assert lines[2] == "Not in these documents. Nearest passages:"


def test_markdown_of_a_document_stays_text() -> None:
    payload = "![x](http://example.org/y) <b> _a_\n# b"
    source = document(f"{payload} end", title="*t*")
    markdown = export.as_markdown(answer(cite(source, payload)))
    quoted = r"\!\[x\]\(http://example\.org/y\) \<b\> \_a\_ \# b"
    assert f"> **{quoted}**" in markdown
    assert r"\*t\*" in markdown
