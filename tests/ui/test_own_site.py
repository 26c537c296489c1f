"""What is refused as another site's, over a small app of streams and web sockets."""

import argparse
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ui.__main__ import _host
from ui.own_site import OwnSite

OWN = "http://docs.example.org"
SOCKET = "ws://docs.example.org/socket"


async def _stream(_: object) -> StreamingResponse:
    return StreamingResponse(iter(["one ", "two"]))


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.fixture
def client() -> Iterator[TestClient]:
    """Of an app that is also reached by another name, behind a proxy."""
    routes = [Route("/", _stream), WebSocketRoute("/socket", _socket)]
    middleware = [Middleware(OwnSite, names=["Docs.example.org"])]
    with TestClient(Starlette(routes=routes, middleware=middleware), OWN) as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "docs.example.org:8443"},
        {"Origin": "https://docs.example.org"},
        {"Host": "127.0.0.1:7860", "Origin": "https://docs.example.org:8443"},
        {"Host": "localhost:7860", "Origin": "http://localhost:7860"},
    ],
)
def test_a_further_name_is_an_own_one(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get("/", headers=headers)
    assert (response.status_code, response.text) == (200, "one two")


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": ""},
        {"Host": "docs.example.org", "Origin": "http://localhost"},
        {"Host": "docs.example.org", "Origin": ""},
        {"Origin": "https://docs.example.org.evil.example"},
    ],
)
def test_other_sites_are_told_in_one_line(client: TestClient, headers: dict[str, str]) -> None:
    response = client.get("/", headers=headers)
    assert response.status_code == 403
    assert len(response.text.splitlines()) == 1


def test_a_web_socket_is_refused_like_any_request(client: TestClient) -> None:
    with client.websocket_connect(SOCKET, headers={"Origin": OWN}) as socket:
        assert socket.receive_text() == "hello"
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(SOCKET, headers={"Origin": "http://example.org"}),
    ):
        pass


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("MÜNCHEN.de", "xn--mnchen-3ya.de"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
        ("Docs_1.example.org", "docs_1.example.org"),
        ("[::1]", "[::1]"),
    ],
)
def test_a_name_is_known_as_browsers_send_it(value: str, sent: str) -> None:
    middleware = [Middleware(OwnSite, names=[_host(value)])]
    app = Starlette(routes=[Route("/", _stream)], middleware=middleware)
    with TestClient(app) as client:
        assert client.get("/", headers={"Host": f"{sent}:8443"}).status_code == 200


@pytest.mark.parametrize("value", ["http://docs.example.org", "docs.example.org:80", "", "a/b"])
def test_a_name_is_no_address(value: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="host name"):
        _host(value)


@pytest.mark.parametrize("value", ["a..de", "ü..de", "ü" * 64])
def test_a_name_that_cannot_be_is_refused(value: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="cannot be a host name"):
        _host(value)
