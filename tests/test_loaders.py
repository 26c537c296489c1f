"""Files become documents, or one clear error that names them."""

import codecs
import hashlib
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import LoadError
from rag.loaders import (
    find_files,
    load_file,
    make_document,
    skipped_files,
    source_of,
    supported_suffixes,
)
from rag.loaders.encodings import decode
from rag.loaders.files import MAX_BYTES
from tests.rights import folder_with_rights

FRENCH = "Le café était fermé. L’été dernier, les élèves allaient à l’école malgré la chaleur.\n"
SPANISH = "¿Cuándo? La reunión del lunes decidió construir una nueva fábrica en España.\n"
RUSSIAN = "Совет собрался в понедельник и решил построить новый завод. Работы начнутся весной.\n"
JAPANESE = "会議は月曜日に開かれ、新しい工場の建設が決まりました。工事は春に始まる予定です。\n" * 2
CHINESE = "会议在星期一举行，决定建设新的工厂。工程将于春天开始，公司总部在北京宣布了这个消息。\n"
KOREAN = "이사회는 월요일에 모여 새 공장을 짓기로 결정했다. 공사는 봄에 시작된다.\n"
GREEK = "Το συμβούλιο συνεδρίασε τη Δευτέρα και αποφάσισε την κατασκευή νέου εργοστασίου.\n"
HEBREW = "מועצת המנהלים התכנסה ביום שני והחליטה לבנות מפעל חדש. העבודות יתחילו באביב.\n"
POLISH = "Zażółć gęślą jaźń. Wszystkie dzieci poszły do szkoły, choć padał śnieg i było zimno.\n"
TURKISH = "Yönetim kurulu pazartesi günü toplandı ve yeni bir fabrika kurulmasına karar verdi.\n"
LATVIAN = "Rīts bija silts. Vilciens kavējās, un bērni gāja kājām gar ezeru līdz pašai skolai.\n"
LITHUANIAN = "Rytas buvo šiltas. Žmonės ėjo pėsčiomis, nes traukinys vėlavo visą valandą.\n"
CZECH = "Ráno bylo teplo. Vlak měl zpoždění, a tak děti šly pěšky kolem řeky až ke škole.\n"
DANISH = "Morgenen var varm. Toget kørte ikke, så børnene gik langs søen på vej til skole.\n"
PORTUGUESE = "A manhã estava quente. As crianças não tinham pressa e foram a pé até à estação.\n"
SERBIAN = "Јутро је било топло. Воз је каснио, па су деца ишла пешке поред језера до школе.\n"
ARABIC = "كان الصباح دافئا وتأخر القطار، فذهب الأطفال إلى المدرسة سيرا على الأقدام.\n"


def save(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        (FRENCH.replace("’", "'"), "latin-1"),
        (SPANISH, "latin-1"),
        ("“No” — it’s over.\n", "cp1252"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp1251"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "cp949"),
        (GREEK, "iso8859-7"),
        (HEBREW, "cp1255"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        ("Dobrý den, příteli.\n", "cp1250"),
        ("Bake ½ cup of it at 180 °C; 2½ hours, £5.\n", "cp1252"),
        ("A pipe of Ø25 mm, in the Ö. Berg catalogue, from Ängelholm.\n", "cp1252"),
        (
            "Le 5\u00a0mai, M.\u00a0Dupont a payé 10\u00a0000\u00a0euros à Mme\u00a0Lefèvre.\n",
            "cp1252",
        ),
        (DANISH, "cp1252"),
        (PORTUGUESE, "cp1252"),
        (CZECH, "iso8859-2"),
        (SERBIAN, "cp1251"),
        (TURKISH, "cp1254"),
        (FRENCH + RUSSIAN + JAPANESE, "utf-8"),
        (FRENCH + RUSSIAN + JAPANESE, "utf-8-sig"),
        (FRENCH + RUSSIAN + JAPANESE, "utf-16"),
        (FRENCH + RUSSIAN + JAPANESE, "utf-32"),
        (FRENCH, "utf-16-le"),
        (FRENCH, "utf-16-be"),
        (RUSSIAN, "utf-16-le"),
        (RUSSIAN, "utf-16-be"),
        (CHINESE, "utf-16-le"),
        (CHINESE, "utf-16-be"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Привет, мир!\n", "cp1251"),
        ("Привет, мир!\n", "koi8-r"),
        ("東京は晴れです。\n", "euc_jp"),
        (FRENCH, "mac_roman"),
        (SPANISH, "cp850"),
        (LATVIAN, "cp1257"),
        (LATVIAN, "iso8859-13"),
        (LITHUANIAN, "cp1257"),
        ("Das Gerät kostet heute 5 €, die Gebühr beträgt 3 €.\n", "iso8859-15"),
        ("L'œuvre est belle, les élèves l'ont étudiée à l'école.\n", "iso8859-15"),
        ("Mõni šokolaad on mõru, mõni magus, ja šampoon ei ole söödav.\n", "iso8859-15"),
        (RUSSIAN, "mac_cyrillic"),
        (HEBREW, "cp862"),
        (CZECH, "cp852"),
        (GREEK, "mac_greek"),
        (ARABIC, "iso8859-6"),
        (PORTUGUESE * 6, "cp850"),
        (DANISH * 6, "mac_roman"),
        ("The café is closed.\n", "cp850"),
        ("The tour costs £35 for adults and £14 for children.\n", "cp850"),
        ("The gate opens at 06:10 – the lower one – and costs €65.\n", "mac_roman"),
        (
            "“No”, they said. ‘It’s over’, and nobody’s dog barked. It’s late, it’s cold.\n",
            "mac_roman",
        ),
    ],
)
def test_an_encoding_in_doubt_is_an_error_and_never_mojibake(text: str, encoding: str) -> None:
    with pytest.raises(LoadError, match="save it as UTF-8"):
        decode(text.encode(encoding))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
def test_unicode_survives_every_marked_encoding(text: str) -> None:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ):
        assert decode(mark + text.encode(encoding)) == text


@given(st.binary())
def test_any_bytes_give_text_or_the_typed_error(data: bytes) -> None:
    try:
        text = decode(data)
    except LoadError:
        return
    assert "\0" not in text


@pytest.mark.parametrize("size", [100, 1_000, 20_000])
def test_random_bytes_are_no_text(size: int) -> None:
    source = random.Random(size)  # noqa: S311 - a seeded sample, no secret

    for _ in range(20):
        with pytest.raises(LoadError):
            decode(source.randbytes(size))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\t\n",
        codecs.BOM_UTF8,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01",
        b"\x7fELF\x02\x01\x01" + bytes(57),
        b"%PDF-1.7\n1 0 obj\n",
        bytes(1000),
        b"\x01\x02\x03 some text \x04\x05",
        codecs.BOM_UTF16_LE + b"\x00\xd8a\0",
        codecs.BOM_UTF8 + b"caf\xe9",
        b"text\0and more\0text",
    ],
)
def test_empty_and_binary_files_are_errors_that_name_the_file(tmp_path: Path, data: bytes) -> None:
    path = save(tmp_path, "report.txt", data)

    with pytest.raises(LoadError, match=r"report\.txt: .+; .+"):
        load_file(path)


def test_an_archive_with_a_text_ending_is_named_for_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")

    with pytest.raises(LoadError, match=r"notes\.txt: it is not text but application/zip"):
        load_file(path)


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    with pytest.raises(LoadError, match=r"large\.txt: it is larger than 64 MB"):
        load_file(path)


def test_missing_folder_pipe_and_foreign_ending_are_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    for path, reason in (
        (tmp_path / "absent.txt", r"absent\.txt: no such file"),
        (tmp_path, "not a file"),
        (tmp_path / "pipe.txt", r"pipe\.txt: it is not a file"),
        (save(tmp_path, "data.csv", "a,b\n"), r"data\.csv: the ending \.csv is not supported"),
        (save(tmp_path, "README", "text"), "README: a name without an ending"),
    ):
        with pytest.raises(LoadError, match=reason):
            load_file(path)


def test_the_text_is_the_file_verbatim(tmp_path: Path) -> None:
    text = "\n  First line\r\n\r\nsecond\u2028third e\u0301 👩‍👩‍👧\n\n"
    path = save(tmp_path, "a.txt", codecs.BOM_UTF8 + text.encode("utf-8"))

    document = load_file(path)

    assert document.text == text
    assert document.sha256 == hashlib.sha256(text.encode("utf-8")).hexdigest()
    assert document.id == document.sha256[:32]
    assert document.source == str(path)
    assert document.media_type == "text/plain"
    assert document.pages == ()


def test_the_same_text_in_another_encoding_is_the_same_document(tmp_path: Path) -> None:
    one = load_file(save(tmp_path, "one.txt", FRENCH.encode("utf-8")))
    two = load_file(save(tmp_path, "two.txt", FRENCH.encode("cp1252")))

    assert one.id == two.id
    assert one.source != two.source


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.txt", "A short  headline\n\nThe article.", "A short headline"),
        ("a.txt", "\r\nA headline\r\n \r\nThe article.", "A headline"),
        ("a.txt", "The text begins\nat once.\n\nMore.", "a.txt"),
        ("a.txt", "Only one line", "a.txt"),
        ("a.txt", "x" * 201 + "\n\nMore.", "a.txt"),
        ("a.md", "Intro.\n\n## The *second* `level` ##\n\nText.", "The second level"),
        ("a.md", "```sh\n# a comment\n```\n# Real\n", "Real"),
        ("a.md", "~~~\n```\n# no\n~~~\n\n# [Link](https://example.org) text\n", "Link text"),
        ("a.md", "Underlined\n==========\n\nText.", "Underlined"),
        ("a.md", "---\ntitle: x\n---\n\n# After the front matter\n", "After the front matter"),
        ("a.md", "- item\n---\n\n#hashtag\n\n    # code\n", "a.md"),
        ("a.md", "```pip install it```\n\n# Below a line of code\n", "Below a line of code"),
        ("a.md", "- ```sh\n  # a comment\n  ```\n\n# Below a list\n", "Below a list"),
        ("a.md", "1. Do:\n\n    ```\n    # no\n    ```\n# Behind\n", "Behind"),
        ("a.md", "- an item that\n  goes on\n---\n\nTitle\n---\n", "Title"),
        ("A.MARKDOWN", "No heading.", "A.MARKDOWN"),
        ("a.md", "# " + "word " * 9_000 + "\n\nText.", ("word " * 40).strip()),
        ("a.md", "x" * 9_000 + "\n===\n\nText.", "x" * 200),
    ],
)
def test_titles(tmp_path: Path, name: str, text: str, title: str) -> None:
    assert load_file(save(tmp_path, name, text)).title == title


def test_a_given_title_wins(tmp_path: Path) -> None:
    path = save(tmp_path, "a.md", "# Own\n")

    assert load_file(path, title="Given").title == "Given"


def test_the_seed_is_titled_by_its_headline(seeds: Path) -> None:
    document = load_file(seeds / "000_c8591a2c09309cb8.txt")

    assert document.title.startswith("Kim Jong Un’s Defiant Stance")
    assert document.title.endswith("Denuclearization Push")


def test_files_are_found_in_folders_once_and_sorted(tmp_path: Path) -> None:
    (tmp_path / "sub" / "deep").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    for name in ("b.TXT", "a.md", "sub/deep/c.markdown", "z.csv", ".d.txt", ".hidden/e.txt"):
        save(tmp_path, name, "text")
    (tmp_path / "sub" / "back").symlink_to(tmp_path)
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere")

    found = find_files([tmp_path, tmp_path / "a.md", tmp_path / "sub" / ".." / "b.TXT"])

    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "a.md",
        "b.TXT",
        "sub/deep/c.markdown",
    ]


def test_a_named_file_is_returned_whatever_its_ending(tmp_path: Path) -> None:
    path = save(tmp_path, "z.csv", "text")

    assert find_files([path]) == [path]


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="absent: no such file or folder"):
        find_files([tmp_path / "absent"])


@pytest.mark.parametrize("name", ["A pasted text. " * 30, "a\0b", "\ud800", "a/" * 3_000])
def test_what_can_be_no_path_is_an_error(name: str) -> None:
    with pytest.raises(LoadError, match="; check the path"):
        find_files([Path(name)])
    with pytest.raises(LoadError, match="; check the path"):
        load_file(Path(name))


def test_a_closed_folder_is_reported_and_the_rest_is_found() -> None:
    with folder_with_rights() as folder:
        for sub in ("unlisted", "unread"):
            (folder / sub).mkdir()
            save(folder / sub, "a.txt", "text")
        save(folder, "b.txt", "text")
        (folder / "unlisted").chmod(0o300)
        (folder / "unread").chmod(0o600)
        found = find_files([folder])
        errors = []
        for path in found:
            try:
                load_file(path)
            except LoadError as error:
                errors.append(str(error))
        assert skipped_files([folder]) == []
    assert [str(path.relative_to(folder)) for path in found] == [
        "b.txt",
        "unlisted",
        "unread/a.txt",
    ]
    assert [error.partition(": ")[2] for error in errors] == [
        "Permission denied; check the path and its rights"
    ] * 2


def test_relative_paths_have_the_source_of_their_absolute_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, "a.txt", "text")
    monkeypatch.chdir(tmp_path)

    (found,) = find_files([Path("x/../a.txt"), Path("a.txt")])

    assert load_file(Path("a.txt")).source == load_file(found).source == source_of(path)


def test_a_file_name_that_is_no_unicode_is_shown_escaped(tmp_path: Path) -> None:
    path = save(tmp_path, os.fsdecode(b"caf\xe9.txt"), "text")

    document = load_file(path)

    assert document.title == "caf\\xe9.txt"
    assert document.source.encode("utf-8").endswith(b"caf\\xe9.txt")


def test_made_documents_need_text_that_can_be_stored() -> None:
    with pytest.raises(LoadError, match="no text"):
        make_document(" \n", "t", "s", "text/plain")
    with pytest.raises(LoadError, match="lone surrogate at character 2"):
        make_document("ab\ud800", "t", "s", "text/plain")
    for title, source, told, reason in (
        ("t\udce9", "s", {}, "the title holds a lone surrogate at character 1"),
        ("t", "s\udce9", {}, "the source holds a lone surrogate"),
        ("t", "s", {"k\udce9": "v"}, "a key of the metadata holds a lone surrogate"),
        ("t", "s", {"k": "\udce9"}, "the metadata's k holds a lone surrogate"),
        ("t", "s", {"author": None}, "the metadata's author is None, not text; give a string"),
        (None, "s", {}, "the title is None, not text"),
        ("t", Path("s"), {}, "the source is .*, not text"),
    ):
        given: Any = {"title": title, "source": source, "metadata": told}
        with pytest.raises(LoadError, match=reason):
            make_document("a", media_type="text/plain", **given)
    assert make_document("a", " b\n c ", "s", "x/y", metadata={"k": "v"}).metadata == {"k": "v"}


def test_the_supported_endings() -> None:
    assert supported_suffixes() == (".markdown", ".md", ".txt")
