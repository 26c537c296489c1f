"""The evaluation tab as HTML: what can be measured, how far it is, and the report in a frame."""

from collections.abc import Sequence

from ui import wording
from ui.documents import errors
from ui.html import attributes, button, tag, text
from ui.measure import Progress

SAVED = {"html": "report.html", "json": "report.json"}


def introduction() -> str:
    """What the tab is for, and question sets that need no file."""
    words = (
        "How well are questions answered from the loaded documents? Give a file of questions with "
        "their right answers: SQuAD JSON, JSON lines or CSV. A question without an answer is one "
        "that the documents should not answer."
    )
    choices = button("Questions made from the documents", "propose") + button(
        "Answers that you judged in this chat", "judged"
    )
    other = tag("p", text("span", "Or measure with") + choices, class_="choices")
    return tag("section", text("h2", "Evaluation") + text("p", words) + other, class_="measure")


def waiting(name: str) -> str:
    """While the questions are read."""
    line = tag("p", text("span", "Reading ") + text("bdi", name) + button("Stop", "stop"))
    return tag("section", line, class_="intake")


def progress(state: Progress) -> str:
    """A bar while the questions are asked, with the rows that are left out."""
    ended = state.done == state.total
    words = "Scoring" if ended else f"Asked {state.done:,} of {state.total:,} questions"
    if state.seconds_left is not None and not ended:
        words += f", {wording.duration(state.seconds_left)} left"
    line = tag("p", text("span", f"{words}: ") + text("bdi", state.name) + button("Stop", "stop"))
    bar = tag("progress", "", max=state.total, value=state.done, aria_label="Progress")
    return tag("section", line + bar + errors(state.errors), class_="intake")


def finished(page: str, name: str, problems: Sequence[str]) -> str:
    """The report, a page of its own that can reach neither this one nor any network."""
    saving = "".join(
        button(f"Save {file}", "report", kind, label=f"Save this report as {file}")
        for kind, file in SAVED.items()
    )
    line = tag("p", text("bdi", name) + saving)
    # Without allow-same-origin the frame has an origin of its own, and allow-scripts is all it may.
    frame = attributes(
        class_="report", title="Evaluation report", sandbox="allow-scripts", srcdoc=page
    )
    head = tag("div", line + errors(problems), class_="intake")
    return tag("section", head + f"<iframe{frame}></iframe>", class_="measured")


def failed(words: str) -> str:
    """Why nothing could be measured."""
    return tag("section", text("p", words, class_="error", role="alert"), class_="intake")
