"""The page's own doors over plain HTTP: what its script sends, and what anyone could."""

import json
import uuid
from collections.abc import Iterator, Sequence
from urllib.request import Request, urlopen

Names = Sequence[str]


class Session:
    """One visitor of a running page, without a browser."""

    def __init__(self, address: str) -> None:
        """Open the page."""
        self._api = f"{address}gradio_api/"
        self._hash = uuid.uuid4().hex
        with urlopen(f"{address}config", timeout=30) as response:  # noqa: S310 - the own server
            self._events = json.load(response)["dependencies"]
        self.send("load", [])

    def send(self, event: str, data: list[object], *, nth: int = 0, sent: object = None) -> str:
        """Trigger an event of the page, the ``nth`` of that name; everything that came back."""
        of_that_name = [e["id"] for e in self._events if event in {t[1] for t in e["targets"]}]
        body = {
            "data": data,
            "event_data": sent,
            "fn_index": of_that_name[nth],
            "session_hash": self._hash,
        }
        self._post("queue/join", json.dumps(body).encode(), "application/json")
        url = f"{self._api}queue/data?session_hash={self._hash}"
        with urlopen(url, timeout=120) as response:  # noqa: S310 - the own server
            lines = response.read().decode().splitlines()
        return "\n".join(_texts([json.loads(line[6:]) for line in lines if line[:5] == "data:"]))

    def upload(self, name: str, content: bytes) -> str:
        """Send a file under a name; where the server has put it."""
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--x--\r\n"
        (path,) = json.loads(self._post("upload", body, "multipart/form-data; boundary=x"))
        return str(path)

    def drop(self, *paths: str) -> str:
        """Add files that were sent, or that are claimed to have been; what the page says."""
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
        return self.send("upload", [None, files])

    def _post(self, route: str, body: bytes, kind: str) -> bytes:
        request = Request(self._api + route, body, {"Content-Type": kind})  # noqa: S310 - as above
        with urlopen(request, timeout=60) as response:  # noqa: S310 - the own server
            answered: bytes = response.read()
        return answered


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
