"""The results of the MCP tools as JSON; Gradio writes them as Python literals."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import gradio as gr


def write_json(page: gr.Blocks) -> None:
    """Let the tools of a launched page answer with JSON, as text and as structured content.

    Structured content must be an object, so that a list becomes ``{"result": list}``.
    """
    from mcp.types import CallToolRequest, ImageContent, TextContent

    server = page.mcp_server_obj
    if server is None:
        return

    def as_text(
        data: Sequence[object],
        root_url: str,  # noqa: ARG001 - Gradio calls it so
    ) -> list[TextContent | ImageContent]:
        return [TextContent(type="text", text=json.dumps(one, ensure_ascii=False)) for one in data]

    server.postprocess_output_data = as_text  # type: ignore[method-assign]  # no hook for it
    handlers = server.mcp_server.request_handlers
    handlers[CallToolRequest] = _structured(handlers[CallToolRequest])


def _structured(call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def handler(request: Any) -> Any:
        answer = await call(request)
        result = answer.root
        if not result.isError:
            (part,) = result.content
            value = json.loads(part.text)
            result.structuredContent = value if isinstance(value, dict) else {"result": value}
        return answer

    return handler
