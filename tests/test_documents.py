"""Documents go between processes, and to plain types."""

import copy
import dataclasses
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rag.loaders import load_file, make_document


def test_a_document_is_copied_and_pickled_as_it_is() -> None:
    for facts in (None, {"year": "2021"}):
        document = make_document("Text.", "t", "t.txt", "text/plain", metadata=facts)
        assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301 - our own
        assert copy.deepcopy(document) == document
        assert dataclasses.asdict(document)["metadata"] == (facts or {})


def test_a_document_keeps_the_metadata_it_was_made_with() -> None:
    told = {"year": "2021"}
    document = make_document("Text.", "t", "t.txt", "text/plain", metadata=told)
    told["year"] = "2022"
    assert document.metadata == {"year": "2021"}


def test_files_are_loaded_in_other_processes(tmp_path: Path) -> None:
    file = tmp_path / "note.txt"
    file.write_text("A note.")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        (document,) = pool.map(load_file, [file])
    assert document == load_file(file)
