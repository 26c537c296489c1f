"""Refuses what comes from other websites, or under a name that is not this server's."""

import re
from collections.abc import Collection

from ui.security import App, Message, Receive, Send

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names of this machine; no website can have one, so none can point its own name here."""
_PORT = re.compile(r":\d*$")


class OwnSite:
    """ASGI middleware that answers 403 to requests of other sites.

    A site whose name resolves to this machine (DNS rebinding) is told by the ``Host`` header, and
    one that sends to this machine's address by ``Origin``. Programs send no ``Origin``.
    """

    def __init__(self, app: App, names: Collection[str] = ()) -> None:
        """Wrap ``app``; ``names`` are further ones that it is reached by, without ports."""
        self._app = app
        self._further = frozenset(name.lower() for name in names)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": refusal.encode()})

    def _refusal(self, scope: Message) -> str | None:
        """Why a request is refused; None: it is not."""
        hosts, origins = _header(scope, b"host"), _header(scope, b"origin")
        if len(hosts) != 1 or _name(hosts[0]) not in LOCAL | self._further:
            return "this name is not the server's; start it with --allow-host NAME to use another\n"
        if all(self._own(origin, hosts[0]) for origin in origins):
            return None
        return "other websites may not call this server\n"

    def _own(self, origin: str, host: str) -> bool:
        """Whether an origin is this site; a proxy may have put another host into the request."""
        place = origin.partition("://")[2]
        return place == host or _name(place) in self._further


def _header(scope: Message, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in scope["headers"] if key == name]


def _name(place: str) -> str:
    """A host without its port."""
    return _PORT.sub("", place)
