"""Forked processes: PyTorch would wait in them for threads that were not forked."""

import os
import subprocess
import sys
from pathlib import Path

_CODE = """
import os, signal, sys
from pathlib import Path

from rag import Answerer, CitespanError, ask, make_document, open_store
from rag.forked import refuse_forked

def forked(case):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # where it hangs
        try:
            case()
            print("answered", flush=True)
        except CitespanError as error:
            print(type(error).__name__, error, flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

home = Path(sys.argv[1])
for name in ("mine", "others"):
    (home / name).mkdir()
    told = f"The keeper of the hut is Ada Vale. It is {name}.\\n" * 40
    (home / name / "hut.txt").write_text(told)
asked = "Who keeps the hut?"
forked(refuse_forked)  # nothing is loaded yet
answerer = Answerer(open_store(home / "store"))
answerer.add(home / "mine")
assert answerer.ask(asked).text == "Ada Vale"
assert ask(asked, documents=home / "mine").text == "Ada Vale"
hits = answerer.search(asked)
other = make_document("The hut has a red roof. " * 80, "Roof", "roof.txt", "text/plain")
for case in (
    lambda: ask(asked, documents=home / "others"),
    lambda: Answerer(open_store(home / "own")),
    lambda: answerer.store.add([other], answerer.encoder),
    lambda: answerer.encoder.encode_questions([asked]),
    lambda: answerer.reader.read([asked], [hits]),
    lambda: answerer.ask(asked),
    lambda: answerer.add(home / "mine"),
):
    forked(case)
"""


def test_a_forked_process_is_told_what_to_do(root: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _CODE, str(tmp_path)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "2", "CITESPAN_HOME": str(tmp_path / "home")},
    )

    first, *others = run.stdout.splitlines()[::2]
    assert first == "answered"
    assert len(others) == 7
    for said in others:
        assert said.startswith("ModelError")
        assert 'get_context("spawn")' in said
    assert set(run.stdout.splitlines()[1::2]) == {"0"}
    assert len(list((tmp_path / "home" / "stores").iterdir())) == 1
