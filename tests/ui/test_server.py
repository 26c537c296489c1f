"""The server beside the page: headers, the programming interface, how it starts and fails."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
from gradio_client import Client

from rag.answerer import Answerer
from rag.types import Document
from tests.ui.conftest import serving
from ui.__main__ import main


def call(address: str, name: str, *arguments: object) -> list[tuple[str, Any]]:
    """Call an endpoint as any HTTP client can; returns its events and their data."""
    body = json.dumps({"data": arguments}).encode()
    headers = {"Content-Type": "application/json"}
    url = f"{address}gradio_api/call/{name}"
    with urlopen(Request(url, body, headers), timeout=30) as response:  # noqa: S310 - the own server
        event = json.load(response)["event_id"]
    with urlopen(f"{url}/{event}", timeout=60) as response:  # noqa: S310 - the own server
        lines = response.read().decode().splitlines()
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return list(zip(names, data, strict=True))


@pytest.mark.parametrize("path", ["", "config", "gradio_api/info", "nothing-here"])
def test_every_response_carries_the_security_headers(address: str, path: str) -> None:
    try:
        with urlopen(address + path, timeout=30) as response:  # noqa: S310 - the own server
            headers = response.headers
    except HTTPError as error:
        headers = error.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_ask_endpoint_returns_the_answer_record(address: str, sure: Answerer) -> None:
    events = call(address, "ask", "Who urged caution?")
    assert [name for name, _ in events] == ["complete"]
    given = events[0][1][0]
    expected = json.loads(json.dumps(sure.ask("Who urged caution?").to_dict()))
    for record in (given, expected):
        record["timings_ms"] = record["store_version"] = 0
    assert given == expected


@pytest.mark.parametrize("question", ["", " ", "?!", "a" * 10_000, 7, None, ["x"], {"a": 1}])
def test_bad_questions_are_errors_and_the_server_goes_on(address: str, question: object) -> None:
    assert [name for name, _ in call(address, "ask", question)] == ["error"]
    assert [name for name, _ in call(address, "documents")] == ["complete"]


def test_the_documents_endpoint_lists_what_is_loaded(address: str, answerer: Answerer) -> None:
    listed = call(address, "documents")[0][1][0]
    assert [d["id"] for d in listed] == [d.id for d in answerer.store.documents()]


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=../../etc/passwd",
        "gradio_api/file=seeds/questions.jsonl",
        "gradio_api/proxy=http://198.51.100.1/",
        "static/../../../etc/passwd",
        "gradio_api/file/%2e%2e/%2e%2e/etc/passwd",
    ],
)
def test_no_file_is_served(address: str, path: str) -> None:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", f"/{path}")
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status in {400, 403, 404}
    assert b"root:" not in body


def test_an_upload_is_never_served_back(address: str) -> None:
    parts = urlsplit(address).netloc
    connection = HTTPConnection(parts, timeout=30)
    body = (
        "--x\r\nContent-Disposition: form-data; name=files; filename=page.html\r\n"
        "Content-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    connection.request("POST", "/gradio_api/upload", body, headers)
    (path,) = json.load(connection.getresponse())
    for route in ("gradio_api/file=", "file=", "gradio_api/file/", "gradio_api/%66ile="):
        connection.request("GET", f"/{route}{path}")
        response = connection.getresponse()
        assert b"alert" not in response.read()
        assert response.status in {403, 404}
    connection.close()


def test_the_search_endpoint_returns_ranked_passages(address: str, seed_document: Document) -> None:
    rows = call(address, "search", "Who urged caution?", 3)[0][1][0]
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert all(seed_document.text[r["start"] : r["end"]] == r["text"] for r in rows)
    assert [name for name, _ in call(address, "search", "Who?", 0)] == ["error"]


def test_gradios_own_client_can_use_the_endpoints(address: str, sure: Answerer) -> None:
    client = Client(address, verbose=False)
    try:
        given = client.predict("Who urged caution?", api_name="/ask")
        assert given["text"] == sure.ask("Who urged caution?").text
        assert client.predict("Who urged caution?", 2, api_name="/search")[1]["rank"] == 2
        assert len(client.predict(api_name="/documents")) == 1
        assert set(client.view_api(return_format="dict")["named_endpoints"]) == {
            "/ask",
            "/search",
            "/documents",
        }
    finally:
        client.close()


CALL = ("gradio_api/call/documents", "application/json", '{"data": []}')
UPLOAD = (
    "gradio_api/upload",
    "multipart/form-data; boundary=x",
    "--x\r\nContent-Disposition: form-data; name=files; filename=n.txt\r\n\r\nA note.\r\n--x--\r\n",
)


def send(address: str, request: tuple[str, str, str], **headers: str) -> HTTPResponse:
    """Send a request with these headers; what came back, read."""
    path, kind, body = request
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("POST", f"/{path}", body, {"Content-Type": kind, **headers})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def foreign(port: int | None) -> list[dict[str, str]]:
    """Headers with which a browser sends what another website asks it to."""
    return [
        {"Host": f"evil.example:{port}"},
        {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"},
        {"Host": f"localhost.evil.example:{port}"},
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": f"http://localhost:{(port or 0) + 1}"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": f"http://evil.example:{port}"},
    ]


@pytest.mark.parametrize("request_", [CALL, UPLOAD], ids=["call", "upload"])
def test_other_sites_may_not_call(address: str, request_: tuple[str, str, str]) -> None:
    for headers in foreign(urlsplit(address).port):
        response = send(address, request_, **headers)
        assert response.status == 403, headers
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    response = send(address, request_, Origin="https://example.org")
    assert response.headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("request_", [CALL, UPLOAD], ids=["call", "upload"])
@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
def test_the_own_page_and_programs_may_call(
    address: str, request_: tuple[str, str, str], name: str
) -> None:
    host = f"{name}:{urlsplit(address).port}"
    assert send(address, request_, Host=host).status == 200
    assert send(address, request_, Host=host, Origin=f"http://{host.lower()}").status == 200


def test_it_listens_on_this_machine_only(address: str) -> None:
    port = urlsplit(address).port
    assert port
    outside = next(
        (i[4][0] for i in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)), ""
    )
    if str(outside).startswith("127."):
        pytest.skip("this machine has no other address")
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect((outside, port))


def test_a_busy_port_is_one_clear_line(address: str) -> None:
    port = str(urlsplit(address).port)
    command = [sys.executable, "-m", "ui", "--no-browser", "--port", port]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        f"citespan: port {port} is in use; choose another one with --port"
    )
    assert "Traceback" not in ended.stderr


def test_a_store_is_kept_and_can_be_opened_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The bakery opens at six.\n", "utf-8")
    store = tmp_path / "store"
    with serving("--store", store, "--documents", tmp_path / "note.txt") as server:
        first = call(server.address, "documents")[0][1][0]
    with serving("--store", store) as server:
        again = call(server.address, "documents")[0][1][0]
    assert again == first
    assert [d["title"] for d in again] == [d["title"] for d in first]


def test_a_store_without_documents_is_served_where_all_may_add_to_it(tmp_path: Path) -> None:
    with serving("--shared", "--store", tmp_path / "new") as server:
        assert call(server.address, "documents")[0][1] == [[]]


@pytest.fixture
def restored() -> Iterator[None]:
    """``main`` sets the environment and a signal handler, as a program may."""
    handler = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("GRADIO_TEMP_DIR", "HF_HUB_OFFLINE"):
            patch.setenv(name, os.environ.get(name, ""))
        yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("restored")
class TestRefusals:
    """What cannot start says why in one line and returns 2."""

    def test_a_missing_path(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        missing = tmp_path / "missing"
        assert main(["--no-browser", "--documents", str(missing)]) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith("citespan: ")
        assert str(missing) in line

    def test_a_store_without_documents(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        assert main(["--no-browser", "--store", str(tmp_path / "new")]) == 2
        assert "name some with --documents" in capsys.readouterr().err

    def test_documents_of_kinds_that_are_not_read(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        for name in ("docs/a.pdf", "docs/inner/b.PDF", "docs/LICENSE"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"%PDF-1.7")
        store, folder = str(tmp_path / "new"), str(tmp_path / "docs")
        assert main(["--no-browser", "--store", store, "--documents", folder]) == 2
        told = "citespan: 3 files of kinds that are not read (.pdf, no ending) are left out"
        assert told in capsys.readouterr().err.splitlines()

    def test_a_store_that_is_none(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        (tmp_path / "store.sqlite").write_bytes(b"this is no database" * 100)
        assert main(["--no-browser", "--store", str(tmp_path)]) == 2
        assert str(tmp_path) in capsys.readouterr().err.splitlines()[-1]

    def test_settings_that_do_not_exist(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "settings.toml"
        file.write_text("colour = 'blue'\n", "utf-8")
        assert main(["--no-browser", "--settings", str(file)]) == 2
        assert "unknown setting colour" in capsys.readouterr().err

    @pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "²", "9" * 5000])
    def test_a_port_that_is_none(self, capsys: pytest.CaptureFixture[str], port: str) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["--port", port])
        assert ended.value.code == 2
        assert "--port: a port is a number from 1 to 65535" in capsys.readouterr().err
