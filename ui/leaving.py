"""A page that is closed or reloaded says so, and its visitor goes at once."""

from collections.abc import Callable

from ui.html import tag
from ui.security import App, Message, Receive, Send

PATH = "/leave/"


class Leaving:
    """ASGI middleware that takes the goodbye of a page: a POST to ``PATH`` and its session."""

    def __init__(self, app: App, leave: Callable[[str], object]) -> None:
        """Wrap ``app``; ``leave`` is called with the session."""
        self._app = app
        self._leave = leave

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Take a goodbye, or pass the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        own = scope["method"] == "POST"
        if own:
            self._leave(scope["path"].removeprefix(PATH))
        await send({"type": "http.response.start", "status": 204 if own else 405, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def note(session: str) -> str:
    """What tells the script of the page for whom to say goodbye."""
    return tag("span", "", data_session=session)
