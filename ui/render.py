"""A conversation as HTML: pure functions, everything a document or a person wrote is escaped."""

from collections.abc import Sequence

from rag.types import Alternative, Answer, Citation
from ui import actions, wording
from ui.explain import explanation
from ui.html import escape, tag, text
from ui.search import Found
from ui.turns import Turn

PREVIEW_CHARS = 240
LONG_CHARS = 90
"""Longer answers are set in smaller type."""


def conversation(turns: Sequence[Turn], welcome: str, earlier: int = 0) -> str:
    """All turns, oldest first; the welcome when there are none.

    Of ``earlier`` ones, which are not shown, it is said where they are.
    """
    body = "".join(_turn(turn.number, turn) for turn in turns) or welcome
    before = text("p", _kept(earlier), class_="why") if earlier else ""
    return tag("div", before + body, class_="turns", role="log", aria_label="Conversation")


def header(suffixes: Sequence[str] = (), max_bytes: int = 0) -> str:
    """The bar above everything, with the line in which the page says what it did.

    Its script reads there which files of a folder are sent, and how large one may be.
    """
    buttons = (
        text("button", "Documents", type="button", data_library=True)
        + text("button", "Chats", type="button", data_event="chats", data_value="")
        + text("button", "New chat", type="button", data_reset=True)
        + text("button", "Evaluation", type="button", data_view=True, aria_pressed="false")
        + text(
            "button",
            "\N{CIRCLE WITH LEFT HALF BLACK}",
            type="button",
            data_theme=True,
            aria_label="Light or dark",
        )
    )
    name = text("h1", "citespan") + text("p", "answers in your documents’ own words")
    status = text("span", "", role="status")
    content = name + status + tag("nav", buttons, aria_label="Page")
    known = " ".join(suffixes)
    return tag("header", content, class_="bar", data_suffixes=known, data_max_bytes=max_bytes)


def welcome(documents: int) -> str:
    """What an empty conversation shows: what this is."""
    if not documents:
        words = "Add files or a folder, then ask them something."
        heading = text("h2", "No documents yet")
        return tag("section", heading + text("p", words), class_="welcome")
    which = "the document" if documents == 1 else f"{documents:,} documents"
    promise = (
        "Every answer is a quotation. You see the exact characters it was taken from, "
        "and when the documents do not say, so does the page."
    )
    return tag("section", text("h2", f"Ask {which}") + text("p", promise), class_="welcome")


def suggestions(questions: Sequence[str]) -> str:
    """Questions to try; the page shows them while the conversation is empty."""
    buttons = "".join(
        text("button", question, type="button", class_="example", data_ask=question, dir="auto")
        for question in questions
    )
    if not questions:
        return ""
    return tag("div", buttons, class_="examples", role="group", aria_label="Example questions")


def said(words: str, count: int) -> str:
    """What the page's script says in the line of the bar; ``count`` tells equal words apart."""
    return tag("span", "", hidden=True, data_say=words, data_count=count)


def _kept(earlier: int) -> str:
    verb = "is" if earlier == 1 else "are"
    return f"{wording.count(earlier, 'earlier question')} {verb} in the saved chat."


def _turn(number: int, turn: Turn) -> str:
    question = tag("h2", text("bdi", turn.question), class_="question")
    if turn.error is not None:
        body = text("p", _sentence(turn.error), class_="error", role="alert")
    elif turn.answer is None:
        body = _pending(turn.reading)
    elif turn.answer.text is None:
        body = _abstention(number, turn, turn.answer)
    else:
        body = _answer(number, turn, turn.answer, turn.answer.text)
    return tag("article", question + tag("div", body, class_="reply"), class_="turn")


def _sentence(words: str) -> str:
    """With a capital, unless a name of something stands first."""
    return words[0].upper() + words[1:] if words.startswith(("a ", "the ")) else words


def _pending(reading: Sequence[Found] | None) -> str:
    """What is being done for an answer, with the passages that are read for it."""
    if reading is None:
        return text("p", "Searching\N{HORIZONTAL ELLIPSIS}", class_="pending")
    count = wording.count(len(reading), "passage")
    line = text("p", f"Searching: reading {count}\N{HORIZONTAL ELLIPSIS}", class_="pending")
    items = "".join(tag("li", _passage(one)) for one in reading)
    return line + tag("ol", items, class_="citations reading", aria_label="Passages")


def _passage(found: Found) -> str:
    content = (
        text("span", found.title, class_="title", dir="auto")
        + text("span", found.place, class_="position")
        + text("span", shorten(found.hit.passage.text), class_="preview", dir="auto")
    )
    return tag("div", content, class_="citation")


def _answer(number: int, turn: Turn, answer: Answer, quote: str) -> str:
    sentence = ""
    if answer.sentence and answer.sentence != quote:
        sentence = tag(
            "blockquote", _marked_sentence(answer.sentence, turn.offset, quote), dir="auto"
        )
    size = "verbatim long" if len(quote) > LONG_CHARS else "verbatim"
    parts = (
        tag("p", text("q", quote), class_=size, dir="auto"),
        sentence,
        _sources(number, answer.citations),
        _confidence(answer.confidence),
        _alternatives(number, answer, "Other answers in the documents"),
        explanation(number, turn),
        actions.under(number, turn, answer),
    )
    return "".join(parts)


def _abstention(number: int, turn: Turn, answer: Answer) -> str:
    nearest = ""
    if answer.citations:
        heading = "The nearest passages, which do not answer it:"
        items = "".join(
            tag("li", _citation_button(number, index, citation, preview=True))
            for index, citation in enumerate(answer.citations)
        )
        nearest = text("p", heading, class_="why") + tag("ol", items, class_="citations nearest")
    parts = (
        text("p", "Not in these documents", class_="verbatim none"),
        text("p", _reason(answer), class_="why"),
        nearest,
        _alternatives(number, answer, "Candidates too uncertain to be an answer"),
        explanation(number, turn),
        actions.under(number, turn, answer),
    )
    return "".join(parts)


def _reason(answer: Answer) -> str:
    """Why there is no answer."""
    if not answer.confidence:
        return "No passage holds anything that could be the answer."
    share = wording.percent(answer.confidence)
    return f"The best candidate is right with a probability of {share}, which is too little."


def _marked_sentence(sentence: str, offset: int | None, quote: str) -> str:
    if offset is None:
        return escape(sentence)
    end = offset + len(quote)
    marked = text("mark", sentence[offset:end], class_="cited")
    return escape(sentence[:offset]) + marked + escape(sentence[end:])


def _sources(number: int, citations: Sequence[Citation]) -> str:
    items = "".join(
        tag("li", _citation_button(number, index, citation))
        for index, citation in enumerate(citations)
    )
    return tag("ol", items, class_="citations", aria_label="Sources")


def _citation_button(number: int, index: int, citation: Citation, *, preview: bool = False) -> str:
    content = text("span", str(citation.number), class_="number", aria_hidden="true")
    content += text("span", citation.title, class_="title", dir="auto")
    content += text("span", wording.position(citation), class_="position")
    name = f"Source {citation.number}: {citation.title}, {wording.position(citation)}"
    if preview:
        content += text("span", shorten(citation.quote), class_="preview", dir="auto")
        name += f": {shorten(citation.quote)}"
    return tag(
        "button",
        content,
        type="button",
        class_="citation",
        data_turn=number,
        data_citation=index,
        aria_label=name,
    )


def _confidence(probability: float) -> str:
    meter = tag("span", "", class_="meter", aria_hidden="true")
    words = text("span", wording.confidence(probability))
    level = "high" if probability >= wording.LIKELY else "low"
    return tag("p", meter + words, class_=f"confidence {level}")


def _alternatives(number: int, answer: Answer, heading: str) -> str:
    if not answer.alternatives:
        return ""
    first = len(answer.citations)
    items = "".join(
        tag("li", _alternative(number, first + index, alternative))
        for index, alternative in enumerate(answer.alternatives)
    )
    summary = text("summary", f"{heading} ({len(answer.alternatives)})")
    return tag(
        "details", summary + tag("ol", items, class_="citations"), data_key=f"{number}-others"
    )


def _alternative(number: int, index: int, alternative: Alternative) -> str:
    share = wording.percent(alternative.confidence)
    line = text("q", alternative.text, dir="auto") + " " + text("span", share, class_="share")
    return tag("p", line) + _citation_button(number, index, alternative.citation)


def shorten(passage: str) -> str:
    """The start of a passage on one line."""
    return wording.shorten(passage, PREVIEW_CHARS)
