"""Hostile files through the page's own door: each is taken or refused in words, nothing else."""

import gzip
import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.answerer import Answerer
from tests.ui.page import read
from tests.ui.session import Session
from ui.library import MAX_FILE_BYTES, Library
from ui.visitor import Visitor

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {y} "{f"&{x};" * 10}">' for x, y in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><l>&i;</l>"
).encode()
NOTE = b"The keeper of Velm is Ada Brandt.\n"


def packed(**members: bytes) -> bytes:
    """A ZIP file; ``__`` in a name stands for a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def nested(depth: int) -> bytes:
    """ZIP files in each other, around 16 MB of zeros."""
    content = bytes(2**24)
    for _ in range(depth):
        content = packed(inner=content)
    return content


def huge_claim() -> bytes:
    """A ZIP file whose directory claims 4 GB for its member."""
    made = bytearray(packed(word__document=b"x"))
    at = made.index(b"PK\x01\x02") + 24
    made[at : at + 4] = b"\xfe\xff\xff\xff"
    return bytes(made)


BOMBS: dict[str, bytes] = {
    "office.docx": packed(word__document=bytes(2**24)),
    "laughs.docx": packed(word__document=LAUGHS),
    "sheet.xlsx": packed(xl__sharedStrings=LAUGHS),
    "text.odt": packed(content=LAUGHS),
    "book.epub": packed(mimetype=b"application/epub+zip", OEBPS__a=LAUGHS),
    "nested.zip": nested(6),
    "nested.txt": nested(3),
    "claims.docx": huge_claim(),
    "many.epub": packed(**{f"e{n}": b"" for n in range(3000)}),
    "paths.docx": packed(__etc__passwd=b"x", **{"..__..__evil.txt": b"x"}),
    "laughs.xml": LAUGHS,
    "laughs.svg": LAUGHS,
    "zeros.txt.gz": gzip.compress(bytes(2**24)),
    "zeros.md": gzip.compress(bytes(2**24)),
    "broken.pdf": b"%PDF-1.7\n1 0 obj << /Length 9999999999 >> stream",
    "scan.txt": b"%PDF-1.7\n%\xe2\xe3",
    "empty.txt": b"",
    "blank.md": b" \n\t\n",
    "zeros.txt": bytes(2**20),
    "noise.txt": bytes(range(256)) * 999,
    "utf16.txt": b"\xff\xfe" + b"\x00\xd8" * 99,
    "program.txt": b"\x7fELF" + bytes(999),
    "page.html": b"<script>alert(1)</script>",
    "picture.md": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "none": b"no ending",
    "old.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99),
}
STRANGE: dict[str, bytes] = {
    "line.txt": b"a" * 200_000 + b"\n\n" + NOTE,
    "deep.md": b">" * 50_000 + b" deep\n\n" + NOTE,
    "links.md": b"[" * 50_000 + b"](x)\n\n# A" + b"#" * 50_000 + b"\n",
    "marks.md": b"# " + b"*`~" * 50_000 + b"\n",
    "front.md": b"---\n" + b"a: b\n" * 20_000 + NOTE,
    "laughs.txt": LAUGHS,
    "html.md": b"<img src=http://198.51.100.1/x onerror=alert(1)>" * 99,
}


@pytest.fixture
def visitor(sure: Answerer, tmp_path: Path) -> Iterator[Visitor]:
    """A visitor who has just come."""
    folder = tmp_path / "private"
    folder.mkdir()
    came = Visitor(Library(sure, folder))
    yield came
    came.close()


def drop(visitor: Visitor, folder: Path, files: dict[str, bytes]) -> list[str]:
    """Add files; what the page says of those that it refuses. No copy of them is left."""
    before = set(folder.rglob("*"))
    paths = []
    for name, content in files.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    steps = [u.intake for u in visitor.upload([str(path) for path in paths]) if u.intake]
    left = set(folder.rglob("*")) - before
    assert not [path for path in left if path.name in files and path not in paths]
    return [item.text for item in read(steps[-1]).find("li")]


def test_bombs_and_broken_files_are_refused_each_in_its_line(
    visitor: Visitor, tmp_path: Path
) -> None:
    began = time.monotonic()
    said = drop(visitor, tmp_path, {**BOMBS, "note.txt": NOTE})
    assert time.monotonic() - began < 30 * len(BOMBS)
    assert [line.partition(": ")[0] for line in said] == list(BOMBS)
    assert all("; " in line for line in said)  # each with its remedy
    assert "2 documents" in (visitor.library().source or "")


@pytest.mark.parametrize("name", STRANGE)
def test_strange_texts_are_documents_like_any_other(
    visitor: Visitor, tmp_path: Path, name: str
) -> None:
    assert drop(visitor, tmp_path, {name: STRANGE[name]}) == []
    shown = read(visitor.library().source or "").find("button", "document")
    assert len(shown) == 2


def test_a_link_in_place_of_an_upload_is_not_followed_out(visitor: Visitor, tmp_path: Path) -> None:
    secret, link = tmp_path / "secret.txt", tmp_path / "link.txt"
    secret.write_bytes(NOTE)
    link.symlink_to(secret)
    list(visitor.upload([str(link)]))
    assert secret.read_bytes() == NOTE
    assert "1 document" in (visitor.library().source or "")


HOSTILE_NAMES = (
    "../../../../tmp/evil.txt",
    "/etc/passwd.txt",
    "C:\\\\Windows\\\\evil.txt",
    "<img src=x onerror=alert(1)>.txt",
    "a" * 3000 + ".txt",
    ".hidden.txt",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.txt",
    "con.txt ",
    "name; rm -rf ~.txt",
    "%2e%2e%2fevil.txt",
    "new\\nline.txt",
)


def test_hostile_names_stay_inside_the_folder_and_the_page(address: str) -> None:
    session = Session(address)
    places = [Path(session.upload(name, NOTE)) for name in HOSTILE_NAMES]
    (root,) = {place.parent.parent for place in places}
    assert all(len(place.name.encode()) <= 255 and ".." not in place.parts for place in places)
    assert root.name.startswith("citespan-")
    assert not Path("/tmp/evil.txt").exists()  # noqa: S108 - where an attack would write
    said = session.drop(*map(str, places))
    assert "<img" not in said
    assert "document added" in said


def test_only_what_was_sent_can_be_added(address: str, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_bytes(NOTE)
    session = Session(address)
    sent = session.upload("note.txt", NOTE)
    for path in (victim, Path(sent).parent.parent / ".." / victim.name, "/etc/hostname"):
        assert "document" not in session.drop(str(path))
    assert victim.exists()
    assert "1 document<" in session.send("library", [None])
    assert "2 documents<" in session.drop(sent)


def test_a_file_that_is_too_large_is_not_kept(address: str) -> None:
    with pytest.raises(OSError, match="413"):
        Session(address).upload("large.txt", b"a" * (MAX_FILE_BYTES + 1))


def test_one_file_that_two_were_sent_is_taken_in_by_both_and_goes_with_them(
    sure: Answerer, tmp_path: Path
) -> None:
    """Gradio puts equal files of one name in one place, for whomever they are."""
    sent = tmp_path / "note.txt"
    first, second, third = (Visitor(Library(sure, tmp_path)) for _ in range(3))
    sent.write_bytes(NOTE)
    updates = [list(visitor.upload([str(sent)]))[-2].intake for visitor in (first, second)]
    assert all("1 document added" in (words or "") for words in updates)
    reading = first.uploads.take([str(sent)])
    next(reading)
    assert "1 document added" in (list(third.upload([str(sent)]))[-2].intake or "")
    assert "1 already there" in (list(reading)[-1].intake or "")
    for visitor in (first, second, third):
        visitor.close()
    assert list(tmp_path.iterdir()) == []


def test_who_leaves_takes_no_file_away_that_was_sent_again_since(
    visitor: Visitor, tmp_path: Path
) -> None:
    drop(visitor, tmp_path, {"note.txt": NOTE})
    (tmp_path / "again").write_bytes(NOTE)
    (tmp_path / "again").rename(tmp_path / "note.txt")
    visitor.close()
    assert (tmp_path / "note.txt").read_bytes() == NOTE


@pytest.mark.parametrize("event", [None, [], {}, {"names": "x"}, {"names": None}])
def test_forged_refusals_change_nothing(visitor: Visitor, event: object) -> None:
    assert visitor.uploads.refuse(event).intake is None
    assert visitor.evaluation.refuse(event).evaluation is None


def test_what_was_not_sent_is_said_beside_what_was(visitor: Visitor, tmp_path: Path) -> None:
    refused = visitor.uploads.refuse({"names": ["film.md", 7, "a" * 999]})
    lines = [item.text for item in read(refused.intake or "").find("li")]
    assert lines[0] == "film.md: larger than 20 MB; split it, or start with --documents"
    assert len(lines[1]) < 400
    assert drop(visitor, tmp_path, {"note.txt": NOTE}) == lines
    assert drop(visitor, tmp_path, {"note.txt": NOTE}) == []
    visitor.uploads.refuse({"names": ["film.md"], "alone": True})
    assert drop(visitor, tmp_path, {"note.txt": NOTE}) == []
    unread = visitor.uploads.refuse({"names": [], "unread": ["tree/inner"], "alone": True})
    (line,) = read(unread.intake or "").find("li")
    assert line.text.startswith("tree/inner: the browser could not open it; ")
    assert "no file of a kind" in (visitor.uploads.refuse({"names": []}).intake or "")
    assert "one file" in (visitor.evaluation.refuse({"names": []}).evaluation or "")


def test_what_is_said_of_one_drop_stays_while_another_is_taken_in(
    visitor: Visitor, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.txt"
    slow.write_bytes(NOTE)
    first = visitor.upload([str(slow)])
    next(first)
    (broken,) = drop(visitor, tmp_path, {"broken.pdf": b"%PDF-1.7"})
    said = read(visitor.uploads.refuse({"names": ["film.md"], "alone": True}).intake or "")
    too_large = "film.md: larger than 20 MB; split it, or start with --documents"
    assert [item.text for item in said.find("li")] == [broken, too_large]
    ended = [update.intake for update in first if update.intake]
    assert "1 document added, 2 could not be read" in ended[-1]
    assert [item.text for item in read(ended[-1]).find("li")] == [broken, too_large]
    assert drop(visitor, tmp_path, {"note.txt": NOTE}) == []
