"""Whole evaluations with the shipped encoder and the sentence reader, on a corpus of six texts."""

import hashlib
import json
import math
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import rag
import rag.evaluation.run as module
from rag.config import Settings
from rag.errors import CitespanError, LoadError, SettingsError
from rag.evaluation import predict
from rag.evaluation.report import figure
from rag.evaluation.run import Options, empty_report, evaluate, evaluate_run
from rag.evaluation.table import table

SCHEMA = json.loads(Path(module.__file__).with_name("report.schema.json").read_text("utf-8"))
SETTINGS = Settings(reader="sentence")

TEXTS = {
    "Harbor": "The harbor of Lund Bay was dug in 1888. Forty ships a day called there once.",
    "Bakery": "Mira Tollan opened the bakery on Fen Street. Its rye bread takes two days to make.",
    "Bridge": "A flood swept the wooden bridge away. The new bridge is made of steel.",
    "Orchard": "Old apple trees fill the orchard. Wasps come every September for the fallen fruit.",
    "Library": "The library lends tools as well as books. Its reading room closes at nine.",
    "Clinic": "The clinic moved to Hill Road after the fire. Two nurses work there at night.",
}
ASKED = (
    ("Harbor", "When was the harbor dug?", "1888"),
    ("Bakery", "Who opened the bakery?", "Mira Tollan"),
    ("Bridge", "What is the new bridge made of?", "steel"),
    ("Orchard", "Which insects come to the orchard in September?", "Wasps"),
    ("Library", "When does the reading room close?", "at nine"),
    ("Clinic", "Who painted the ceiling of the opera house in Quarn?", None),
    ("Clinic", "x" * 3000, None),
)


@pytest.fixture(scope="module")
def squad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    articles = []
    for title, text in TEXTS.items():
        questions = [
            {
                "id": f"{title}-{number}",
                "question": question,
                "answers": [{"text": a, "answer_start": text.index(a)} for a in [answer] if a],
            }
            for number, (where, question, answer) in enumerate(ASKED)
            if where == title
        ]
        paragraph = {"context": text, "qas": questions}
        articles.append({"title": title, "paragraphs": [paragraph]})
    articles.append({"title": "Faulty"})
    path = tmp_path_factory.mktemp("questions") / "village.json"
    path.write_text(json.dumps({"data": articles}), "utf-8")
    return path


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("out") / "village"


@pytest.fixture(scope="module")
def report(squad: Path, out: Path) -> dict[str, Any]:
    return evaluate(Options(squad, out=out, settings=SETTINGS, progress=False))


def figure_names(report: dict[str, Any]) -> list[str]:
    """All that the message of a wrong name lists, but for the stages of a question's time."""
    with pytest.raises(CitespanError) as told:
        figure(report, "none")
    names = str(told.value).partition("it has ")[2].split(", ")
    return [name for name in names if ".stages." not in name]


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "latency_ms": None, "run": {**report["run"], "began": None}}


def test_the_report_has_the_written_form(report: dict[str, Any], out: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(report, SCHEMA)

    assert json.loads((out / "report.json").read_text("utf-8")) == report


def test_figures_follow_from_the_cases(report: dict[str, Any]) -> None:
    cases = report["cases"]
    answerable = [case for case in cases if case["answers"]]

    assert report["questions"] == len(cases) == len(ASKED)
    assert report["qa"]["f1"] == pytest.approx(sum(case["f1"] for case in cases) / len(cases))
    assert report["qa"]["answerable"]["questions"] == len(answerable) == 5
    for kind, rank in (
        (None, "rank"),
        ("fused", "fused_rank"),
        ("dense", "dense_rank"),
        ("lexical", "lexical_rank"),
    ):
        section = report["retrieval"][kind] if kind else report["retrieval"]
        ranks = [case[rank] or math.inf for case in answerable]
        assert section["mrr@10"] == pytest.approx(sum(1 / r for r in ranks if r <= 10) / 5)
        for k in (1, 3, 5, 10, 20):
            assert section[f"recall@{k}"] == pytest.approx(sum(r <= k for r in ranks) / 5)
    assert sum(report["failures"].values()) == sum(not case["right"] for case in cases)
    assert report["calibration"]["questions"] == sum(
        part["questions"] for part in report["calibration"]["reliability"]
    )


def test_every_text_is_found_and_every_quote_verbatim(report: dict[str, Any]) -> None:
    assert report["retrieval"]["recall@5"] == 1.0
    assert report["retrieval"]["lexical"]["recall@1"] == 1.0
    assert report["citations"]["verbatim"] == 1.0
    assert report["citations"]["citations"] >= 5
    for case in report["cases"]:
        if case["passage"]:
            shown = case["passage"]
            assert shown["text"][shown["start"] : shown["end"]] == case["prediction"]


def test_a_question_that_cannot_be_asked_is_scored_and_explained(report: dict[str, Any]) -> None:
    (case,) = [case for case in report["cases"] if len(case["question"]) == 3000]

    assert "3,000 characters" in case["error"]
    assert (case["prediction"], case["right"], case["exact_match"]) == (None, False, 0.0)


def test_faulty_rows_are_in_the_report(report: dict[str, Any]) -> None:
    faulty, unasked = report["errors"]
    assert faulty == 'village.json: data[6]: "paragraphs" is missing'
    assert unasked.startswith("village.json: Clinic-6: the question has 3,000 characters")


def test_times_are_those_of_questions_asked_alone(report: dict[str, Any]) -> None:
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["p95"]
    assert set(report["latency_ms"]["stages"]) == {"retrieve", "read", "compose"}


def test_intervals_hold_their_figures(report: dict[str, Any]) -> None:
    for name, interval in report["intervals"].items():
        value = figure(report, name)
        if interval is not None:
            assert value is not None
            assert interval[0] <= value <= interval[1]


def test_the_table_shows_the_headline_figures(report: dict[str, Any]) -> None:
    shown = table(report)

    assert "7 questions of village.json, 6 documents" in shown
    assert f"recall@5                  {report['retrieval']['recall@5']:.3f}" in shown
    assert 'village.json: data[6]: "paragraphs" is missing' in shown
    lines = shown.splitlines()
    begin = lines.index("| ranking, % | R@1 | R@3 | R@5 | R@10 | R@20 | MRR@10 | nDCG@10 |")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[begin : begin + 6]]
    assert [row[0] for row in rows[2:]] == ["dense", "lexical", "fused", "reranked"]
    assert {len(row) for row in rows} == {8}
    assert rows[5][1] == f"{100 * report['retrieval']['recall@1']:.1f}"
    assert rows[3][7] == f"{100 * report['retrieval']['lexical']['ndcg@10']:.1f}"


def test_a_figure_is_found_by_its_place(report: dict[str, Any]) -> None:
    assert figure(report, "retrieval.dense.recall@5") == report["retrieval"]["dense"]["recall@5"]
    for name in ("qa.f2", "qa", "cases", "", "questions.x"):
        with pytest.raises(CitespanError, match=r"it has .*qa\.f1"):
            figure(report, name)


@pytest.mark.parametrize("gold_passages", [False, True])
def test_an_empty_report_has_the_same_figures(
    squad: Path,
    tmp_path: Path,
    gold_passages: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    options = Options(squad, gold_passages=gold_passages, settings=SETTINGS, progress=False)
    names = [figure_names(report(options)) for report in (empty_report, evaluate)]

    assert len(names[0]) > 20
    assert names[0] == names[1]
    assert "qa.f1" not in figure_names(empty_report(Options(tmp_path)))
    assert "retrieval.lexical.mrr@10" in figure_names(empty_report(Options(tmp_path)))


def test_an_interrupted_run_goes_on(
    squad: Path, tmp_path: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = predict.ask_all
    asked: list[str] = []

    def interrupted(*arguments: Any) -> Any:
        for number, predictions in enumerate(ask(*arguments)):
            if number == 3:
                raise KeyboardInterrupt
            yield predictions

    def counted(*arguments: Any) -> Any:
        for predictions in ask(*arguments):
            asked.extend(prediction.question_id for prediction in predictions)
            yield predictions

    options = Options(squad, out=tmp_path, settings=SETTINGS, progress=False)
    monkeypatch.setattr(module, "ask_all", interrupted)
    monkeypatch.setattr(module, "now", lambda: "2026-03-05T14:05:00Z")
    with pytest.raises(KeyboardInterrupt):
        evaluate(options)
    monkeypatch.setattr(module, "ask_all", counted)
    monkeypatch.setattr(module, "now", lambda: "2026-03-06T09:00:00Z")

    resumed = evaluate(options)

    assert asked == [case["id"] for case in report["cases"][3:]]
    assert without_times(resumed) == without_times(report)
    assert resumed["run"]["began"] == "2026-03-05T14:05:00Z"


def test_answers_outlast_an_interruption_of_the_report(
    squad: Path, tmp_path: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    options = Options(squad, out=tmp_path, settings=SETTINGS, progress=False)
    with monkeypatch.context() as patched:
        patched.setattr(module, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            evaluate(options)
    monkeypatch.setattr(module, "ask_all", lambda _, todo: pytest.fail("asked") if todo else [])
    assert without_times(evaluate(options)) == without_times(report)


def test_the_report_tells_what_it_was_measured_with(report: dict[str, Any], usual: Path) -> None:
    shipped = json.loads((usual / "report.json").read_text("utf-8"))["run"]
    weights = Path(rag.__file__).parent / "models" / "reader" / "model.safetensors"
    texts = sorted(
        f"{hashlib.sha256(text.encode()).hexdigest()} text/plain {title}"
        for title, text in TEXTS.items()
    )
    began = datetime.fromisoformat(shipped["began"])

    assert abs((datetime.now(UTC) - began).total_seconds()) < 600
    assert shipped["version"] == version("citespan")
    assert shipped["checksums"]["reader"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert shipped["encoder"] == f"all-MiniLM-L6-v2@{shipped['checksums']['encoder']}"
    listed = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    assert shipped["checksums"]["documents"] == listed
    assert 0 < shipped["calibration"]["threshold"] < 1
    files = ("config.json", "tokenizer.json", "tokenizer_config.json")
    sums = (hashlib.sha256((weights.parent / name).read_bytes()).hexdigest() for name in files)
    told = hashlib.sha256("\n".join(sums).encode()).hexdigest()
    assert shipped["checksums"]["reader_files"] == told
    none = {"reader": None, "reader_files": None}
    assert report["run"]["checksums"] == {**shipped["checksums"], **none}


@pytest.mark.usefixtures("report")  # it is what lies in ``out``
def test_against_tells_other_questions_and_another_reader(
    squad: Path, out: Path, usual: Path, tmp_path: Path
) -> None:
    against, settings = out / "report.json", Settings()

    new = evaluate(
        Options(squad, out=tmp_path, settings=settings, limit=3, against=against, progress=False)
    )

    found = new["against"]["run"]
    kept = json.loads((usual / "report.json").read_text("utf-8"))["run"]
    assert {name for name in found if not name.startswith("calibration: ")} == {
        "limit",
        "reader",
        "checksum of questions",
        "checksum of reader",
        "checksum of reader_files",
    }
    assert found["reader"] == ["sentence", ""]
    assert found["checksum of reader"] == [None, kept["checksums"]["reader"]]
    page = (tmp_path / "report.html").read_text("utf-8")
    assert f"weights of the reader: – → {kept['checksums']['reader'][:12]}" in page
    assert "limit: – → 3" in page


def test_asked_in_chunks_the_answers_are_the_same(
    squad: Path, report: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "TIMED", 1)

    chunked = evaluate(Options(squad, settings=SETTINGS, progress=False))

    assert [case["prediction"] for case in chunked["cases"]] == [
        case["prediction"] for case in report["cases"]
    ]


def test_against_names_exactly_the_changed_questions(
    squad: Path, tmp_path: Path, out: Path, report: dict[str, Any]
) -> None:
    settings = Settings(reader="sentence", min_confidence=1.0)

    silent = evaluate(
        Options(squad, out=tmp_path, settings=settings, against=out / "report.json", progress=False)
    )

    jsonschema.validate(silent, SCHEMA)
    assert silent["against"]["run"] == {"min_confidence": [None, 1.0]}
    assert silent["against"]["changed"] == {
        case["id"]: case["prediction"] for case in report["cases"] if case["prediction"] is not None
    }
    assert "better" in table(silent)
    assert silent["against"]["file"] in (tmp_path / "report.html").read_text("utf-8")


@pytest.fixture(scope="module")
def usual(squad: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run with the shipped reader and the usual settings is kept."""
    out = tmp_path_factory.mktemp("usual")
    evaluate(Options(squad, out=out, progress=False))
    return out


@pytest.mark.parametrize(
    "told", [{"top_k": 1}, {"read_within": 0.0}, {"min_confidence": 0.9}, {"min_confidence": 0.0}]
)
def test_against_agrees_with_the_two_files_of_predictions(
    squad: Path, usual: Path, tmp_path: Path, told: dict[str, Any]
) -> None:
    settings, against = Settings.from_mapping(told), usual / "report.json"

    new = evaluate(Options(squad, out=tmp_path, settings=settings, against=against, progress=False))

    found, old = new["against"], json.loads(against.read_text("utf-8"))
    before, after = predicted(usual), predicted(tmp_path)
    assert len(before) == len(after) == len(ASKED) == found["questions"]
    ((name, value),) = told.items()
    assert found["run"] == {name: [getattr(Settings(), name), value]}
    assert found["changed"] == {name: text for name, text in before.items() if after[name] != text}
    for name, (was, now) in found["figures"].items():
        paired = found["paired"].get(name.split(".", 1)[1])
        if paired:
            assert paired["difference"] == pytest.approx(now - was)
    assert len(found["paired"]) == 8
    scores = [{case["id"]: case["f1"] for case in report["cases"]} for report in (old, new)]
    assert found["better"] == [name for name in before if scores[1][name] > scores[0][name]]
    assert found["worse"] == [name for name in before if scores[1][name] < scores[0][name]]


def predicted(out: Path) -> dict[str, str | None]:
    """The answer to each question, from the lines of its file."""
    lines = map(json.loads, (out / "predictions.jsonl").read_text("utf-8").splitlines())
    return {line["question_id"]: line["text"] for line in lines if "question_id" in line}


def test_gold_passages_measure_the_reader_alone(squad: Path) -> None:
    report = evaluate(Options(squad, gold_passages=True, settings=SETTINGS, progress=False))

    jsonschema.validate(report, SCHEMA)
    assert report["retrieval"] is None
    assert report["failures"]["not_retrieved"] == 0
    assert report["citations"]["verbatim"] == 1.0
    for case in report["cases"]:
        if case["passage"]:
            assert case["passage"]["text"] == TEXTS[case["id"].partition("-")[0]]


def test_without_a_gold_document_the_reader_is_given_nothing(tmp_path: Path) -> None:
    (tmp_path / "Harbor.txt").write_text(TEXTS["Harbor"], "utf-8")
    (tmp_path / "long.txt").write_text("\n\n".join([*TEXTS.values()] * 20), "utf-8")
    rows = [
        {"question": "When was the harbor dug?", "answers": ["1888"], "document": name}
        for name in ("Harbor.txt", "gone.txt", None)
    ]
    rows.append({"question": "Who sells hats?", "answers": [], "document": "long.txt"})
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")

    report = evaluate(Options(questions, gold_passages=True, settings=SETTINGS, progress=False))

    assert [case["failure"] for case in report["cases"][1:3]] == ["not_retrieved"] * 2
    assert report["errors"][-1] == (
        "set.jsonl: questions: 2 have no gold passages, so the reader was given nothing"
    )


def test_documents_of_ones_own_and_a_limit(tmp_path: Path) -> None:
    for title, text in TEXTS.items():
        (tmp_path / f"{title}.txt").write_text(text, "utf-8")
    rows = [
        {"question": question, "answers": [answer] if answer else [], "document": f"{where}.txt"}
        for where, question, answer in ASKED
    ]
    questions = tmp_path / "set.jsonl"
    questions.write_text("\n".join(map(json.dumps, rows)), "utf-8")

    beside = evaluate(Options(questions, limit=3, settings=SETTINGS, progress=False))
    given = evaluate(Options(questions, (tmp_path,), limit=3, settings=SETTINGS, progress=False))

    # Beside the questions only the documents that they name are the corpus.
    assert (beside["questions"], beside["corpus"]["documents"]) == (3, 6)
    assert (given["questions"], given["corpus"]["documents"]) == (3, 6)
    assert given["retrieval"]["recall@5"] == beside["retrieval"]["recall@5"] == 1.0
    assert given["errors"] == []
    jsonschema.validate(given, SCHEMA)
    assert (beside["run"]["documents"], given["run"]["documents"]) == ([], [tmp_path.name])


def test_a_beir_folder_measures_retrieval(tmp_path: Path) -> None:
    corpus = [{"_id": title, "title": title, "text": text} for title, text in TEXTS.items()]
    queries = [{"_id": where, "text": question} for where, question, answer in ASKED if answer]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "qrels").mkdir()
    judged = "".join(f"{query['_id']}\t{query['_id']}\t1\n" for query in queries)
    (tmp_path / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{judged}", "utf-8")

    report = evaluate(Options(tmp_path, progress=False))

    jsonschema.validate(report, SCHEMA)
    assert (report["questions"], report["qa"]) == (5, None)
    assert report["corpus"]["file"] == tmp_path.name
    assert [(one["id"], one["question"]) for one in report["queries"]] == [
        (query["_id"], query["text"]) for query in queries
    ]
    for one in report["queries"]:
        (relevant,) = one["relevant"]
        assert (relevant["document"], relevant["title"]) == (one["id"], None)
        assert one["first"][relevant["rank"] - 1]["document"] == one["id"]
        assert one["scores"]["mrr@10"] == pytest.approx(1 / relevant["rank"])
        assert relevant["lexical_rank"] == 1
    assert report["retrieval"]["recall@5"] == 1.0
    assert report["retrieval"]["lexical"]["recall@1"] == 1.0
    assert report["retrieval"]["fused"]["recall@5"] == 1.0
    assert "| reranked |" in table(report)


@pytest.mark.parametrize(
    ("unused", "name"),
    [
        ({"documents": (Path("tests"),)}, "--documents"),
        ({"gold_passages": True}, "--gold-passages"),
    ],
)
def test_what_a_beir_folder_has_no_use_for_is_refused(
    tmp_path: Path, unused: dict[str, Any], name: str
) -> None:
    with pytest.raises(SettingsError, match=name):
        evaluate(Options(tmp_path, progress=False, **unused))


def test_a_document_that_is_the_query_is_not_in_its_run(tmp_path: Path) -> None:
    text, other = "Wasps come for the fallen fruit in September.", "September brings wasps."
    corpus = [{"_id": "a1", "text": text}, {"_id": "a2", "text": other}]
    for name, rows in (("corpus", corpus), ("queries", corpus[:1])):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\na1\ta2\t1\n")

    report = evaluate(Options(tmp_path, progress=False))

    for kind in ("", "dense.", "lexical.", "fused."):
        assert figure(report, f"retrieval.{kind}ndcg@10") == 1.0
    assert [row["document"] for row in report["queries"][0]["first"]] == ["a2"]


def test_a_run_file_is_scored_against_qrels(tmp_path: Path) -> None:
    (tmp_path / "qrels").write_text("1 0 a 1\n2 0 b 1\n2 0 c 2\n3 0 a 1\n", "utf-8")
    (tmp_path / "run").write_text("1 Q0 a 1 2.0 x\n1 Q0 b 2 1.0 x\n3 Q0 a 1 1.0 x\n", "utf-8")

    report = evaluate_run(tmp_path / "run", tmp_path / "qrels", tmp_path / "out")
    (tmp_path / "other").write_text(
        "2 Q0 z 1 2.0 x\n2 Q0 b 2 1.0 x\n1 Q0 a 1 1.0 x\n3 Q0 z 1 9.0 x\n3 Q0 a 1 1.0 x\n", "utf-8"
    )
    kept = tmp_path / "out" / "report.json"
    other = evaluate_run(tmp_path / "other", tmp_path / "qrels", tmp_path / "two", kept)

    jsonschema.validate(report, SCHEMA)
    jsonschema.validate(other, SCHEMA)
    assert json.loads(kept.read_text("utf-8")) == report
    found = other["against"]
    assert found["figures"]["retrieval.mrr@10"] == pytest.approx([2 / 3, 2 / 3])
    assert (found["better"], found["worse"]) == (["2"], ["3"])
    assert found["changed"] == {
        "2": {"ndcg@10": 0.0, "ranks": []},
        "3": {"ndcg@10": 1.0, "ranks": [1]},
    }
    # By hand: query 2 gains 1 / log2(3) of 2 + 1 / log2(3), query 3 loses 1 - 1 / log2(3).
    second = 1 / math.log2(3)
    gain = second / (2 + second) - (1 - second)
    assert found["paired"]["ndcg@10"]["difference"] == pytest.approx(gain / 3)
    (row,) = [one for one in other["queries"] if one["id"] == "2"]
    assert [(d["document"], d["relevance"], d["rank"]) for d in row["relevant"]] == [
        ("b", 1, 2),
        ("c", 2, None),
    ]
    assert [(d["document"], d["relevance"]) for d in row["first"]] == [("z", None), ("b", 1)]
    assert "Against" in (tmp_path / "two" / "report.html").read_text("utf-8")
    assert report["questions"] == 3
    assert report["retrieval"]["mrr@10"] == pytest.approx(2 / 3)
    assert "mrr@10" in table(report)


def test_questions_without_a_corpus_are_refused(tmp_path: Path) -> None:
    questions = tmp_path / "set.jsonl"
    questions.write_text('{"question": "Who?", "answers": []}', "utf-8")

    with pytest.raises(LoadError, match="--documents"):
        evaluate(Options(questions, progress=False))


def test_a_place_that_cannot_be_used_is_named(squad: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", "utf-8")

    with pytest.raises(CitespanError, match="file"):
        evaluate(Options(squad, out=tmp_path / "file", progress=False))
