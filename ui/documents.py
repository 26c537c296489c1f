"""The documents as HTML: the list with its choices, and what becomes of dropped files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rag.snapshot import DocumentInfo
from ui import wording
from ui.html import button, escape, tag, text
from ui.source import panel

MAX_LISTED = 500
_CROSS = "\N{MULTIPLICATION X}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the list shows. ``chosen`` are the ids that are searched, None: all of them.

    ``removed`` is the title of a document that can be put back.
    """

    documents: Sequence[DocumentInfo]
    chosen: Collection[str] | None = None
    removed: str | None = None


@dataclass(frozen=True, slots=True)
class Intake:
    """How far dropped files are: ``done`` of ``total``, the one at work and its stage.

    ``share`` (0..1) is how much of a stage is done, where it takes long. ``replaced`` counts those
    of whose name there was another text.
    """

    done: int
    total: int
    name: str = ""
    stage: str = ""
    share: float = 0.0
    added: int = 0
    unchanged: int = 0
    replaced: int = 0
    errors: tuple[str, ...] = ()
    cancelled: bool = False


def library(shelf: Shelf) -> str:
    """The loaded documents: each can be read, left out of the search, or removed."""
    items = "".join(_row(info, shelf.chosen) for info in shelf.documents[:MAX_LISTED])
    if len(shelf.documents) > MAX_LISTED:
        items += text("li", f"and {len(shelf.documents) - MAX_LISTED:,} more")
    heading = text("h2", wording.count(len(shelf.documents), "document"))
    return panel(
        tag("header", heading + _scope(shelf))
        + undo("Removed", shelf.removed, "undo")
        + tag("ul", items, class_="library", tabindex=0, aria_label="Documents")
    )


def scope(shelf: Shelf) -> str:
    """The line above the question that says which documents are searched; empty: all."""
    words = _asked(shelf)
    return text("p", words) if words else ""


def progress(intake: Intake) -> str:
    """A bar while files are taken in, then what became of them."""
    if intake.done < intake.total and not intake.cancelled:
        name = text("bdi", intake.name)
        share = f" ({100 * intake.share:.0f} %)" if intake.share else ""
        words = f"{intake.stage} {intake.done + 1} of {intake.total}{share}: "
        bar = tag("progress", "", max=2 * intake.total, value=_steps(intake), aria_label="Progress")
        line = tag("p", text("span", words) + name + button("Cancel", "cancel"))
        return tag("section", line + bar + errors(intake.errors), class_="intake")
    line = tag("p", text("span", _outcome(intake), role="status") + button("Close", "dismiss"))
    return tag("section", line + errors(intake.errors), class_="intake")


def refused(names: Sequence[str], limit: int) -> tuple[str, ...]:
    """What is said of files that were too large to be sent."""
    words = f"larger than {limit // 2**20} MB; split it, or start with --documents"
    return tuple(f"{name}: {words}" for name in names)


def unread(names: Sequence[str]) -> tuple[str, ...]:
    """What is said of files and folders that the browser could not open."""
    words = "the browser could not open it; see whether it is still there and may be read"
    return tuple(f"{name}: {words}" for name in names)


def _asked(shelf: Shelf) -> str:
    if shelf.chosen is None:
        return ""
    asked = sum(info.id in shelf.chosen for info in shelf.documents)
    if asked == len(shelf.documents):
        return ""
    return f"Asking {asked or 'none'} of {wording.count(len(shelf.documents), 'document')}"


def _steps(intake: Intake) -> str:
    """Two stages a file."""
    return f"{2 * intake.done + (intake.stage != 'Reading') + intake.share:.4g}"


def _outcome(intake: Intake) -> str:
    parts = [f"{wording.count(intake.added, 'document')} added"]
    if intake.replaced:
        parts.append(f"{intake.replaced:,} in place of an earlier one of that name")
    if intake.unchanged:
        parts.append(f"{intake.unchanged:,} already there")
    if intake.errors:
        parts.append(f"{len(intake.errors):,} could not be read")
    if intake.cancelled:
        parts.append(f"{intake.total - intake.done:,} cancelled")
    return ", ".join(parts) + "."


def trouble(words: str) -> str:
    """What went wrong with a change of the documents."""
    return text("p", words, class_="error", role="alert")


def errors(lines: Sequence[str]) -> str:
    """What could not be read, a line each; empty where everything could."""
    items = "".join(text("li", line, dir="auto") for line in lines)
    return tag("div", tag("ul", items), class_="errors", role="alert") if lines else ""


def _scope(shelf: Shelf) -> str:
    if not shelf.documents:
        return text("p", "Add files or a folder to ask them.", class_="where")
    if len(shelf.documents) == 1:
        return text("p", "Choose it to read it. Answers show their place here.", class_="where")
    words = _asked(shelf) or "All are asked"
    choices = button("All", "choose", "all") + button("None", "choose", "none")
    return tag("p", text("span", words) + choices, class_="where scope")


def undo(done: str, name: str | None, event: str) -> str:
    """The line that says what was done to something, and takes it back; empty without a name."""
    if name is None:
        return ""
    line = text("span", f"{done} ") + text("bdi", name) + button("Undo", event)
    return tag("p", line, class_="undo", role="status")


def _row(info: DocumentInfo, chosen: Collection[str] | None) -> str:
    asked = chosen is None or info.id in chosen
    size = f"{info.characters:,} characters, {wording.count(info.passages, 'passage')}"
    content = text("span", info.title, class_="title", dir="auto", title=info.source)
    added = text("span", f"added {info.added[:10]}", class_="date")
    content += tag("span", escape(f"{size}, ") + added, class_="position")
    tick = tag(
        "button",
        "",
        type="button",
        class_="tick",
        role="checkbox",
        aria_checked="true" if asked else "false",
        aria_label=f"Ask {info.title}",
        data_event="choose",
        data_value=info.id,
    )
    show = tag("button", content, type="button", class_="document", data_document=info.id)
    drop = button(_CROSS, "remove", info.source, label=f"Remove {info.title}")
    return tag("li", tick + show + drop)
