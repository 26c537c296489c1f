"""The names of the events that the page's script can trigger, and what each does."""

from collections.abc import Callable, Iterator

from ui.update import Update
from ui.visitor import Visitor

Event = Callable[[Visitor, object], Update]
Job = Callable[[Visitor, object], Iterator[Update]]

EVENTS: dict[str, Event] = {
    "cite": Visitor.cite,
    "preview": Visitor.preview,
    "explain": Visitor.explain,
    "choose": Visitor.choose,
    "remove": Visitor.remove,
    "undo": lambda visitor, _: visitor.undo(),
    "refuse": lambda visitor, event: visitor.uploads.refuse(event),
    "unfit": lambda visitor, event: visitor.evaluation.refuse(event),
    "cancel": lambda visitor, _: visitor.uploads.stop(),
    "dismiss": lambda visitor, _: visitor.uploads.dismiss(),
    "rate": Visitor.rate,
    "mark": Visitor.mark,
    "chats": lambda visitor, _: visitor.chats(),
    "edit": Visitor.edit,
    "rename": Visitor.rename,
    "open": Visitor.open,
    "delete": Visitor.delete,
    "restore": lambda visitor, _: visitor.restore(),
    "save": Visitor.save,
    "library": lambda visitor, _: visitor.library(),
    "reset": lambda visitor, _: visitor.reset(),
    "stop": lambda visitor, _: visitor.stop(),
    "report": lambda visitor, event: visitor.evaluation.save(event),
}
ASK = "ask"
"""A question, whose answer comes in steps as the updates of a job do; it waits for earlier ones."""
JOBS: dict[str, Job] = {
    "suggest": lambda visitor, _: visitor.suggest(),
    "propose": lambda visitor, _: visitor.evaluation.propose(),
    "judged": lambda visitor, _: visitor.judged(),
}
"""Events whose updates come one after the other."""
MEASURING = ("propose", "judged")
"""Jobs that take long; few run at the same time."""
CHANGING = ("choose", "remove", "undo", "reset", "open", "delete")
"""After these the example questions may be others, or wanted for the first time."""
