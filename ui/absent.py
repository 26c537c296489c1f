"""Answers for what "Use via API" asks for and is switched off here; Gradio's are errors."""

from collections.abc import Mapping

from ui.security import App, Message, Receive, Send

MONITORING = {"/monitoring/summary": (200, b'{"functions": {}}')}
MCP = {"/gradio_api/mcp/schema": (300, b"[]")}
"""The view takes any success for an MCP server, and a browser reports any error."""


class Absent:
    """ASGI middleware that answers some paths itself."""

    def __init__(self, app: App, answers: Mapping[str, tuple[int, bytes]]) -> None:
        """Wrap ``app``; ``answers`` are status and JSON by path."""
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        answer = self._answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await self._app(scope, receive, send)
            return
        status, body = answer
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
