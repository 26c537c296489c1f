"""Agents: the tools over the Model Context Protocol, used by its own client."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from rag.answerer import Answerer
from rag.errors import SettingsError
from rag.types import Document
from tests.ui.conftest import serving, settings_file
from ui import app

QUESTION = "Who urged caution?"


@pytest.fixture(scope="module")
def tools_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the tools are served; it always answers."""
    pytest.importorskip("mcp", reason="of citespan[mcp]")
    settings = settings_file(tmp_path_factory.mktemp("mcp"), 0.0)
    with serving("--settings", settings, "--mcp") as server:
        yield server.address + app.MCP_PATH


def using(address: str, use: Callable[[Any], Awaitable[Any]]) -> Any:
    """Open an MCP session, use it, close it."""
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def run() -> Any:
        async with (
            streamable_http_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await use(session)

    # In a thread of its own: Playwright leaves an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def called(address: str, name: str, **arguments: object) -> Any:
    """What a tool returns, or its error as text."""

    async def use(session: Any) -> Any:
        return await session.call_tool(name, arguments)

    result = using(address, use)
    text = "".join(part.text for part in result.content)
    if result.isError:
        return text
    given = json.loads(text)
    assert result.structuredContent == (given if isinstance(given, dict) else {"result": given})
    return given


def test_the_tools_say_what_they_do_and_take(tools_address: str) -> None:
    async def use(session: Any) -> Any:
        return await session.list_tools()

    tools = {tool.name: tool for tool in using(tools_address, use).tools}
    assert set(tools) == {"ask", "search", "documents"}
    assert "Nothing is generated" in tools["ask"].description
    assert "verbatim" in tools["search"].description
    taken = tools["search"].inputSchema["properties"]
    assert set(taken) == {"question", "limit"}
    assert all(property_["description"] for property_ in taken.values())


def test_ask_and_search_return_what_the_page_shows(
    tools_address: str, sure: Answerer, seed_document: Document
) -> None:
    answer = called(tools_address, "ask", question=QUESTION)
    assert answer["text"] == sure.ask(QUESTION).text
    for cited in answer["citations"]:
        assert seed_document.text[cited["start"] : cited["end"]] == cited["quote"]
    rows = called(tools_address, "search", question=QUESTION, limit=2)
    assert [row["rank"] for row in rows] == [1, 2]


def test_a_bad_question_is_an_error_in_words(tools_address: str) -> None:
    assert "the question is empty" in called(tools_address, "ask", question=" ")


def test_other_sites_reach_no_tools(tools_address: str) -> None:
    body = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    for name, value in (("Host", "evil.example"), ("Origin", "http://evil.example")):
        headers = {"Content-Type": "application/json", name: value}
        request = Request(tools_address, body, headers)  # noqa: S310 - the own server
        with pytest.raises(HTTPError, match="403"):
            urlopen(request, timeout=30)  # noqa: S310 - as above


def test_what_is_missing_is_named_with_its_remedy(
    sure: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install 'citespan\[mcp\]'"):
        app.launch(app.build(sure), None, mcp=True)
