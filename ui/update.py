"""What an event changes on the page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Update:
    """New HTML for parts of the page; None leaves a part as it is."""

    conversation: str | None = None
    source: str | None = None
    intake: str | None = None
    scope: str | None = None
    outbox: str | None = None
    suggestions: str | None = None
    evaluation: str | None = None
