"""The store that an evaluation keeps in ``out``: its own, and holding its documents alone."""

import json
from pathlib import Path

import pytest

import rag
from rag.config import Settings
from rag.errors import CitespanError, SettingsError
from rag.evaluation.output import folder_for
from rag.evaluation.run import Options, evaluate
from rag.store import Store

SETTINGS = Settings(reader="sentence")


def options(folder: Path, name: str, out: Path, *, gold_passages: bool = False) -> Options:
    """Of one question on the document ``name`` of the folder."""
    row = {"question": "When was the harbor dug?", "answers": ["1888"], "document": name}
    questions = folder / "set.jsonl"
    questions.write_text(json.dumps(row), "utf-8")
    return Options(
        questions, out=out, gold_passages=gold_passages, settings=SETTINGS, progress=False
    )


def stored(folder: Path) -> list[tuple[str, str]]:
    """Source by its name and title of all that a store holds."""
    with Store(folder) as store:
        return [(Path(info.source).name, info.title) for info in store.documents()]


@pytest.mark.parametrize("gold_passages", [False, True])
def test_a_store_that_no_evaluation_made_is_refused_and_stays_as_it_is(
    tmp_path: Path,
    gold_passages: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    (tmp_path / "harbor.txt").write_text("The harbor was dug in 1888.", "utf-8")
    (tmp_path / "diary.txt").write_text("It rained all day.", "utf-8")
    mine = tmp_path / "my" / "store"
    with rag.open_store(mine) as store:
        rag.Answerer(store).add([tmp_path / "diary.txt"])

    with pytest.raises(SettingsError, match="--out") as told:
        evaluate(options(tmp_path, "harbor.txt", tmp_path / "my", gold_passages=gold_passages))

    assert str(mine) in str(told.value)
    assert stored(mine) == [("diary.txt", "diary.txt")]
    assert [path.name for path in (tmp_path / "my").iterdir()] == ["store"]


def test_a_store_of_an_earlier_evaluation_holds_the_new_documents_alone(tmp_path: Path) -> None:
    (tmp_path / "harbor.txt").write_text("The harbor was dug in 1888.", "utf-8")
    (tmp_path / "bakery.txt").write_text("Mira Tollan opened the bakery.", "utf-8")
    out = tmp_path / "out"

    evaluate(options(tmp_path, "bakery.txt", out, gold_passages=True))
    evaluate(options(tmp_path, "bakery.txt", out))
    assert stored(out / "store") == [("bakery.txt", "bakery.txt")]
    evaluate(options(tmp_path, "harbor.txt", out))
    assert stored(out / "store") == [("harbor.txt", "harbor.txt")]


def test_a_document_that_was_renamed_has_its_new_title(tmp_path: Path) -> None:
    old, new = tmp_path / "aaa.txt", tmp_path / "harbor.txt"
    old.write_text("The harbor was dug in 1888.", "utf-8")
    out = tmp_path / "out"
    evaluate(options(tmp_path, old.name, out))
    old.rename(new)

    report = evaluate(options(tmp_path, new.name, out))

    assert report["errors"] == []
    assert stored(out / "store") == [("harbor.txt", "harbor.txt")]


def test_a_second_evaluation_into_one_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "harbor.txt").write_text("The harbor was dug in 1888.", "utf-8")
    out, link = tmp_path / "out", tmp_path / "link"
    link.symlink_to(out)
    with folder_for(out), folder_for(tmp_path / "elsewhere"):
        for same in (out, link):
            with pytest.raises(CitespanError, match=f"{same}: another evaluation writes here"):
                evaluate(options(tmp_path, "harbor.txt", same))
        assert list(out.iterdir()) == []

    evaluate(options(tmp_path, "harbor.txt", link))

    assert stored(out / "store") == [("harbor.txt", "harbor.txt")]
