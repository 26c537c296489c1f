"""The comparison with peers: what is counted, how it is shown, and that a process answers."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.encoder import default_model_folder
from rag.errors import CitespanError, SettingsError
from rag.models import SHIPPED
from scripts import compare
from scripts.peers import protocol
from scripts.peers.environment import MARK, REQUIREMENTS, python_of
from scripts.peers.plain import MAX_ANSWER_TOKENS, best_span
from scripts.peers.process import Worker
from scripts.peers.protocol import Ask, Mode, Ready, Replies, Reply, Said, Task
from scripts.peers.scoring import Asked, Quality, Speed, is_cited, quality, recall, speed
from scripts.peers.table import Comparison, Machine, Row, markdown

TEXTS = (
    "The mill stands by the river. The river froze in 1881.",
    "Anna Berg painted the old mill, not the river.",
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (Said("river", 0, 23, 28), True),
        (Said("river", 0, 34, 39), True),  # the second time it stands there
        (Said("river", 0, 22, 27), False),  # one too early
        (Said("river", 1, 23, 28), False),  # the other text
        (Said("River", 0, 23, 28), False),
        (Said("river"), False),  # no offsets
        (Said("river", 0, None, 28), False),
        (Said("river", 2, 23, 28), False),  # no such text
        (Said("river", -2, 23, 28), False),
        (Said("1881.", 0, -5, 54), False),  # Python would take it
        (Said("", 0, 3, 3), False),
        (Said(), False),
    ],
)
def test_cited_is_the_answer_at_its_own_offsets(said: Said, *, expected: bool) -> None:
    assert is_cited(said, TEXTS) is expected


def reply(said: Said, ms: float = 1.0, retrieved: tuple[int, ...] = ()) -> Reply:
    return Reply(said, retrieved, ms)


def test_quality_of_a_case_worked_by_hand() -> None:
    asked = [
        Asked("Who painted it?", ("Anna Berg",), 1),
        Asked("When did it freeze?", ("in 1881", "1881"), 0),
        Asked("What did she paint?", ("the old mill",), 1),
        Asked("What froze?", ("the river",), 0),
    ]
    replies = [
        reply(Said("Anna Berg", 1, 0, 9)),  # exact, cited
        reply(Said("froze in 1881")),  # two of three words, verbatim without offsets
        reply(Said("an old watermill", 1, 0, 16)),  # old; mill, watermill: a half; invented
        reply(Said(error="TypeError: 'NoneType' object")),  # says nothing
    ]

    found = quality(asked, replies, TEXTS)

    assert found.exact_match == 1 / 4
    assert found.f1 == pytest.approx((1 + 2 * 1 * (2 / 3) / (1 + 2 / 3) + 1 / 2 + 0) / 4)
    assert found.f1_interval[0] <= found.f1 <= found.f1_interval[1]
    assert found.answered == 3 / 4
    assert found.verbatim == 2 / 3
    assert found.cited == 1 / 3
    assert found.errors == 1


def test_no_answer_at_all_has_no_share_of_verbatim_ones() -> None:
    found = quality([Asked("Who?", ("Anna",), 0)], [reply(Said())], TEXTS)

    assert (found.verbatim, found.cited, found.f1, found.errors) == (None, None, 0.0, 0)


def test_recall_counts_the_first_k() -> None:
    asked = [Asked("a", ("x",), 0), Asked("b", ("x",), 1), Asked("c", ("x",), 2)]
    replies = [reply(Said(), retrieved=ids) for ids in ((0, 1), (0, 2, 1), (0, 1))]

    assert [recall(asked, replies, k) for k in (1, 2, 3)] == [1 / 3, 1 / 3, 2 / 3]


def test_speed_is_the_median_and_the_95th_percentile() -> None:
    found = speed([reply(Said(), ms) for ms in range(101)])

    assert (found.p50_ms, found.p95_ms) == (50.0, 95.0)


def row(peer: str, p50: float, always: Quality | None) -> Row:
    default = Quality(0.5, 0.625, (0.6, 0.65), 0.9, 1.0, None if always is None else 1.0, 3)
    return Row(peer, 9.0, 12.34, 1500, 0.968, Speed(p50, 2 * p50), default, always, ("torch 2",))


def test_the_table_compares_with_the_first_row() -> None:
    always = Quality(0.55, 0.7, (0.6, 0.8), 1.0, 1.0, 1.0, 0)
    machine = Machine("A processor", 2, 1, "3.11.7")
    rows = (row("citespan", 70, always), row("other", 245, None))

    lines = markdown(Comparison(machine, "q.json", 500, 0, 1364, 3, "float32", rows)).splitlines()

    assert "| R@3 |" in lines[0]
    assert lines[1].count("---") == lines[0].count("|") - 1
    assert lines[2] == (
        "| citespan | 12.3 s | 70 ms | 140 ms | 1.0 | 1,500 MB | 96.8 % | 62.5 / 50.0 "
        "| 70.0 / 55.0 | 100.0 % | 100.0 % | 3 |"
    )
    assert lines[3] == (
        "| other | 12.3 s | 245 ms | 490 ms | 3.5 | 1,500 MB | 96.8 % | 62.5 / 50.0 "
        "| – | 100.0 % | – | 3 |"
    )
    assert lines[5].startswith("500 questions of q.json (seed 0), 1,364 paragraphs, 3 read")


def write_squad(path: Path, paragraphs: int) -> Path:
    """Paragraph n is about town n, and has two questions whose answer is that town."""
    made = [
        {
            "context": f"Long ago town{n} was built.",
            "qas": [
                {
                    "id": f"{n}-{k}",
                    "question": f"What was built {k}, {n}?",
                    "answers": [{"text": f"town{n}", "answer_start": 9}],
                }
                for k in range(2)
            ],
        }
        for n in range(paragraphs)
    ]
    path.write_text(json.dumps({"data": [{"title": "Towns", "paragraphs": made}]}), "utf-8")
    return path


def test_the_draw_is_seeded_and_keeps_the_warm_up_apart(tmp_path: Path) -> None:
    file = write_squad(tmp_path / "q.json", 40)

    drawn, again, other = (compare.draw(file, 50, 20, seed) for seed in (7, 7, 8))

    assert drawn == again
    assert drawn.asked != other.asked
    assert len(drawn.texts) == 40
    assert len({q.text for q in drawn.asked} | set(drawn.warm_up)) == 70
    assert all(question.answers[0] in drawn.texts[question.gold] for question in drawn.asked)


def test_a_draw_of_more_than_there_are_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"holds 40 questions; .* ask for 41"):
        compare.draw(write_squad(tmp_path / "q.json", 20), 21, 20, 0)


def test_records_survive_the_pipe() -> None:
    task = Task("plain", "e", "r", 5, 1, "float32", ("Zoë\u2028\n", "b"))
    ready = Ready(1.5, 2.5, (Mode.DEFAULT,), ("torch 2",))
    ask = Ask(Mode.ALWAYS, ("Who?", "Where?"), timed=False)
    replies = Replies((Reply(Said("Zoë", 0, 0, 3), (0, 1), 4.5), Reply(Said(), (), 1.0)), 9)

    lines = [protocol.encode(record) for record in (task, ready, ask, replies)]

    assert all(line.count("\n") == 1 for line in lines)
    assert protocol.task(lines[0]) == task
    assert protocol.ready(lines[1]) == ready
    assert protocol.ask(lines[2]) == ask
    assert protocol.replies(lines[3]) == replies


def test_best_span_equals_brute_force() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        length = int(random.integers(4, 80))
        start, end = random.normal(size=(2, length)).astype(np.float32)
        context = random.random(length) < 0.7
        context[0] = True
        spans = [
            (float(start[i] + end[j]), i, j)
            for i in range(length)
            for j in range(i, min(i + MAX_ANSWER_TOKENS, length))
            if context[i] and context[j]
        ]
        score, first, last = max(spans)

        assert best_span(start, end, context) == (first, last, score)


def test_peers_run_on_the_versions_that_citespan_is_tested_with(root: Path) -> None:
    def pins(path: Path) -> dict[str, str]:
        lines = [line for line in path.read_text("utf-8").splitlines() if line]
        return dict(line.split("==") for line in lines if not line.startswith("#"))

    ours, theirs = pins(root / "constraints.txt"), pins(REQUIREMENTS)

    for name in ("torch", "transformers", "sentence-transformers", "faiss-cpu", "numpy"):
        assert theirs[name] == ours[name], name


def test_a_ready_environment_is_taken_and_a_foreign_folder_is_not_touched(tmp_path: Path) -> None:
    import hashlib

    made = tmp_path / "made"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").touch()
    (made / MARK).write_text(hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest(), "utf-8")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("keep me", "utf-8")

    assert python_of(made) == made / "bin" / "python"
    with pytest.raises(SettingsError, match="not a Python environment"):
        python_of(foreign)
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]


def seed_task(peer: str, texts: tuple[str, ...]) -> Task:
    return Task(peer, str(default_model_folder()), str(SHIPPED), 5, 1, "float32", texts)


@pytest.mark.parametrize("peer", ["citespan", "plain"])
def test_a_process_answers_with_offsets(peer: str, tmp_path: Path) -> None:
    question = Ask(Mode.ALWAYS, ("Who painted the old mill?",))
    with Worker(Path(sys.executable), seed_task(peer, TEXTS), tmp_path / "log") as worker:
        always = worker.ask(question)
        usual = worker.ask(Ask(Mode.DEFAULT, question.questions))

    (said,) = (reply.said for reply in always.replies)
    assert said.text == "Anna Berg"
    assert is_cited(said, TEXTS)
    assert sorted(usual.replies[0].retrieved) == [0, 1]
    assert usual.replies[0].ms > 0
    assert 100 < usual.peak_memory_mb < 8_000
    assert any(line.startswith("torch ") for line in worker.ready.versions)


def test_a_process_that_ends_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'no such model' >&2\nexit 3\n", "utf-8")
    broken.chmod(0o700)

    with pytest.raises(CitespanError, match=r"plain ended; the last of .*log: no such model"):
        Worker(broken, seed_task("plain", TEXTS), tmp_path / "log")
