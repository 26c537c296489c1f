"""The names of the events that the page's script can trigger, and what each does."""

from collections.abc import Callable

from ui.visitor import Update, Visitor

Event = Callable[[Visitor, object], Update]

EVENTS: dict[str, Event] = {
    "cite": Visitor.cite,
    "preview": Visitor.preview,
    "explain": Visitor.explain,
    "choose": Visitor.choose,
    "remove": Visitor.remove,
    "undo": lambda visitor, _: visitor.undo(),
    "cancel": lambda visitor, _: visitor.cancel(),
    "dismiss": lambda visitor, _: visitor.dismiss(),
    "rate": Visitor.rate,
    "mark": Visitor.mark,
    "chats": lambda visitor, _: visitor.chats(),
    "edit": Visitor.edit,
    "rename": Visitor.rename,
    "open": Visitor.open,
    "delete": Visitor.delete,
    "save": Visitor.save,
    "library": lambda visitor, _: visitor.library(),
    "reset": lambda visitor, _: visitor.reset(),
}
"""Besides "ask", whose updates come one after the other."""
