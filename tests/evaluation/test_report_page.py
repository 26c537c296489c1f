"""The report's page in a real browser: whole, inert to foreign text, every filter working."""

import json
import math
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from rag.evaluation.about import About
from rag.evaluation.cases import Failure, Judging, judge
from rag.evaluation.compare import compare
from rag.evaluation.html import page as render
from rag.evaluation.queries import Collection, Name
from rag.evaluation.records import Cited, Gold, Prediction, Question, Retrieved
from rag.evaluation.relevance import GoldPlaces, gold_qrels, runs
from rag.evaluation.report import answer_report, retrieval_report
from rag.loaders import make_document

PAYLOAD = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"
TEXT = f"\U0001f600 The pier burned in 2021. {PAYLOAD}"
SIZES = [(390, 844), (1280, 900)]


def _retrieved(document_id: str, number: int) -> tuple[Retrieved, ...]:
    """The passage, deeper in the fused list with every question, and at last not in it."""
    rank = 1 + number % 20 if number < 50 else None
    return (Retrieved(document_id, 0, len(TEXT), rank, rank, 0.5, 1, 2),)


def made_report(*, abstaining: bool = False) -> dict[str, Any]:
    """Sixty questions: every third right, every third wrong, every third not answerable."""
    document = make_document(TEXT, f"Pier {PAYLOAD}", f"pier{PAYLOAD}.txt", "text/plain")
    place = TEXT.index("2021")
    questions, predictions = [], {}
    for number in range(60):
        name = f"q{number:02}"
        quote = ("2021", "burned", "pier")[number % 3]
        golds = () if number % 3 == 2 else (Gold("2021", place),)
        questions.append(Question(name, f"Question {number} {PAYLOAD}?", golds, document.id))
        start = TEXT.index(quote)
        cited = Cited(
            document.id, start, start + len(quote), 0, len(TEXT), supports=True, quote=quote
        )
        silent = abstaining and number % 3 == 2
        predictions[name] = Prediction(
            name,
            None if silent else quote,
            quote,
            number / 60,
            () if silent else (cited,),
            _retrieved(document.id, number),
            {"total": 5.0},
            read=8,
        )
    gold = GoldPlaces({document.id: TEXT})
    rankings = runs(questions, predictions, gold)
    cases = judge(questions, predictions, Judging({document.id: document}, gold, rankings))
    told = {"top_k": 8, "min_confidence": None, "reader": PAYLOAD}
    faults = (f"set.json: line 3: {PAYLOAD}",)
    about = About(
        f"set{PAYLOAD}.json",
        1,
        faults,
        began="2026-03-05T14:05:00Z" if abstaining else "2026-03-04T09:00:00Z",
        encoder="e",
        settings=told,
        calibration={"threshold": 0.25},
        checksums={"reader": ("f" if abstaining else "e") * 64, "encoder": None},
    )
    return answer_report(cases, rankings, gold_qrels(questions), about)


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    new = made_report(abstaining=True)
    return {**new, "against": compare(made_report(), new, f"old{PAYLOAD}.json")}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, compared: dict[str, Any]) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(render(compared), "utf-8")
    return file


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, path: Path) -> Iterator[Page]:
    """The page at a size, dark where it is narrow; fails on any message or outside request."""
    width, height = getattr(request, "param", SIZES[1])
    opened: Page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if width < 500 else "light",
    )
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda asked: said.append(asked.url))
    opened.goto(path.as_uri())
    yield opened
    assert said == [path.as_uri()]
    opened.close()


pytestmark = pytest.mark.browser


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_it_fits_the_screen_and_foreign_text_stays_text(page: Page) -> None:
    assert page.title() == f"Evaluation of set{PAYLOAD}.json"
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("img").count() == 0
    assert page.locator("h1").inner_text() == f"Evaluation of set{PAYLOAD}.json"
    assert page.locator("figure svg").count() == 4
    lines = page.locator("figure").first.locator("polyline")
    assert lines.count() == 4
    colours = lines.evaluate_all("all => all.map(line => getComputedStyle(line).stroke)")
    assert len(set(colours)) == 4


def test_the_rankings_are_in_a_table(page: Page, compared: dict[str, Any]) -> None:
    rows = page.locator("section", has_text="Rankings, in per cent").locator("tbody tr")
    cells = [row.split("\t") for row in rows.all_inner_texts()]
    retrieval = compared["retrieval"]

    assert [row[0] for row in cells] == ["dense", "lexical", "fused", "reranked"]
    assert [row[4] for row in cells] == [
        f"{100 * section['recall@10']:.1f}"
        for section in (*(retrieval[kind] for kind in ("dense", "lexical", "fused")), retrieval)
    ]


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_every_filter_shows_exactly_its_questions(page: Page, compared: dict[str, Any]) -> None:
    def count(control: str, value: str) -> int:
        page.locator(f"#{control}").select_option(value)
        shown = int(page.locator("#count").inner_text().split()[0])
        page.locator(f"#{control}").select_option("")
        return shown

    cases = compared["cases"]
    assert count("outcome", "right") == sum(case["right"] for case in cases) == 40
    assert count("outcome", "wrong") == 20
    for failure in Failure:
        expected = sum(case["failure"] == failure.value for case in cases)
        assert count("outcome", failure.value) == expected
    assert count("kind", "answerable") == 40
    assert count("kind", "unanswerable") == 20
    assert count("change", "better") == len(compared["against"]["better"]) == 20
    assert count("change", "worse") == 0
    assert count("change", "changed") == 20
    page.locator("#search").fill("QUESTION 17 ")
    assert page.locator("#list li").count() == 1


def depth(case: dict[str, Any]) -> float:
    """Rank of the evidence; what was not found is deepest, what has none is not deep."""
    return (case["rank"] or math.inf) if case["answers"] else 0


ORDERS: dict[str, Callable[[dict[str, Any]], float]] = {
    "file": lambda _: 0,
    "sure": lambda case: -case["confidence"],
    "unsure": lambda case: case["confidence"],
    "f1": lambda case: case["f1"],
    "rank": lambda case: -depth(case),
}


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_every_order_sorts_the_whole_list(page: Page, compared: dict[str, Any]) -> None:
    offered = page.locator("#order option").evaluate_all("options => options.map(o => o.value)")
    assert offered == list(ORDERS)
    for order, key in ORDERS.items():
        page.locator("#order").select_option(order)
        page.locator("#more").click()
        shown = page.locator("#list summary").evaluate_all(
            "all => all.map(e => Number(e.textContent.match(/Question (\\d+) /)[1]))"
        )
        assert shown == [int(case["id"][1:]) for case in sorted(compared["cases"], key=key)]


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_everything_is_reached_by_keyboard(page: Page) -> None:
    page.locator("#search").focus()
    reached = ["search"]
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["search", "outcome", "kind", "change", "order"]

    page.locator("#outcome").focus()
    page.keyboard.press("w")  # a select takes the first option that begins so: wrong
    assert page.locator("#count").inner_text().startswith("20 of 60")

    page.locator("#outcome").select_option("")
    page.locator("#list summary").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "more"
    page.keyboard.press("Enter")
    assert page.locator("#list li").count() == 60


def test_long_lists_come_in_parts(page: Page) -> None:
    assert page.locator("#list li").count() == 50
    page.locator("#more").click()
    assert page.locator("#list li").count() == 60
    assert page.locator("#more").is_hidden()


def test_a_wrong_answer_is_marked_in_its_passage_by_keyboard(page: Page) -> None:
    page.locator("#search").fill("q01")
    page.locator("#list summary").focus()
    page.keyboard.press("Enter")

    assert page.locator("#list blockquote mark").all_inner_texts() == ["burned", "2021"]
    assert page.locator("#list blockquote .said").inner_text() == "burned"
    assert page.locator("#list blockquote .gold").inner_text() == "2021"
    assert page.locator("#list blockquote").count() == 1  # both stand in the same passage
    assert TEXT in page.locator("#list blockquote").inner_text()
    assert page.locator("#list dd").first.inner_text() == "2021"


@pytest.mark.parametrize(
    ("name", "ranks"),
    [("q01", "1 (fused 1, dense 1, lexical 1)"), ("q58", "– (fused –, dense 1, lexical 1)")],
)
def test_the_ranks_of_the_evidence_are_told(page: Page, name: str, ranks: str) -> None:
    page.locator("#search").fill(name)
    page.locator("#list summary").click()

    assert f"Evidence ranked\n{ranks}" in page.locator("#list dl").inner_text()


def test_where_two_answers_overlap_both_are_marked(browser: Browser, tmp_path: Path) -> None:
    report = made_report()
    case = next(case for case in report["cases"] if case["id"] == "q01")
    said, gold = case["passage"], case["gold_passage"]
    said["end"] = gold["end"] - 2  # from "burned" into the gold answer: "burned in 20"
    (tmp_path / "report.html").write_text(render(report), "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    page.locator("#search").fill("q01")
    page.locator("#list summary").click()

    marks = page.locator("#list blockquote mark")
    assert marks.all_inner_texts() == ["burned in ", "20", "21"]
    assert marks.evaluate_all("all => all.map(e => e.className)") == ["said", "said gold", "gold"]
    assert TEXT in page.locator("#list blockquote").inner_text()
    page.close()


def test_the_headline_says_the_figures_in_words(page: Page, compared: dict[str, Any]) -> None:
    tiles = page.locator(".tiles > div").all_inner_texts()
    right = 100 * compared["qa"]["right"]
    low, high = compared["intervals"]["qa.right"]

    assert len(tiles) == 6
    for part in (f"{right:.1f} %", "answered right", f"{100 * low:.1f} to {100 * high:.1f}"):
        assert part in tiles[0]
    assert "5 ms" in tiles[5]
    page.locator("summary", has_text="What the figures mean").click()
    assert "AUROC" in page.locator("details[open] dl").inner_text()
    assert page.locator("td:text-is('')").count() <= len(compared["against"]["figures"]) * 2 + 1


def test_the_settings_are_told(page: Page) -> None:
    page.locator("summary", has_text="Settings").click()

    told = page.locator("details[open] dl").locator("dt, dd").all_inner_texts()
    assert told == ["top_k", "8", "min_confidence", "0.25, the reader's own", "reader", PAYLOAD]
    page.locator("summary", has_text="Settings").click()
    page.locator("summary", has_text="Checksums").click()
    told = page.locator("details[open] dl").locator("dt, dd").all_inner_texts()
    assert told == ["weights of the reader", "f" * 64]
    header = page.locator("header").inner_text()
    assert f"Measured on 5 March 2026, 14:05 UTC with citespan {version('citespan')}" in header


def test_what_differs_from_the_other_run_is_told(page: Page) -> None:
    told = page.locator("section", has_text="Against old").locator("li").all_inner_texts()
    assert told == ["checksum, weights of the reader: eeeeeeeeeeee → ffffffffffff"]


KINDS = ("reranked", "fused", "dense", "lexical")


def ranked_report(*, backwards: bool = False) -> dict[str, Any]:
    """Sixty queries: query n has one to three relevant documents, the first at rank n + 1.

    The ranking has forty documents, so of the last twenty queries it holds none. ``backwards``
    turns the rankings of every third query around.
    """
    run, qrels, words = {}, {}, {}
    for number in range(60):
        name = f"q{number:02}"
        ranked = [f"{name}-{place}" for place in range(40)]
        relevant = {f"{name}-{number + extra}": 1 + extra for extra in range(1 + number % 3)}
        qrels[name] = {**relevant, f"{name}-39": 0} if number < 30 else relevant
        words[name] = f"Query {number} {PAYLOAD}?"
        run[name] = ranked[::-1] if backwards and number % 3 == 0 else ranked
    names = {f"q00-{place}": Name(f"d{place}", f"Title {place} {PAYLOAD}") for place in range(40)}
    known = Collection(words, names)
    about = About("beir", 2400, settings={"top_k": 4 if backwards else 8})
    return retrieval_report(dict.fromkeys(KINDS, run), qrels, about, known)


@pytest.fixture(scope="module")
def ranked() -> dict[str, Any]:
    new = ranked_report(backwards=True)
    return {**new, "against": compare(ranked_report(), new, "old.json")}


@pytest.fixture
def ranked_page(
    request: pytest.FixtureRequest, browser: Browser, tmp_path: Path, ranked: dict[str, Any]
) -> Iterator[Page]:
    """The page of a report on rankings alone; fails on any message."""
    width, height = getattr(request, "param", SIZES[1])
    opened: Page = browser.new_page(viewport={"width": width, "height": height})
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    (tmp_path / "report.html").write_text(render(ranked), "utf-8")
    opened.goto((tmp_path / "report.html").as_uri())
    yield opened
    assert said == []
    opened.close()


def first_rank(query: dict[str, Any]) -> float:
    return min((d["rank"] for d in query["relevant"] if d["rank"]), default=math.inf)


@pytest.mark.parametrize("ranked_page", SIZES, indirect=True)
def test_every_query_is_listed_and_filtered(ranked_page: Page, ranked: dict[str, Any]) -> None:
    page, queries, against = ranked_page, ranked["queries"], ranked["against"]

    def count(control: str, value: str) -> int:
        page.locator(f"#{control}").select_option(value)
        shown = int(page.locator("#count").inner_text().split()[0])
        page.locator(f"#{control}").select_option("")
        return shown

    ranks = [first_rank(query) for query in queries]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.locator("#count").inner_text() == "60 of 60 queries"
    assert count("outcome", "first") == ranks.count(1)
    assert count("outcome", "ten") == sum(2 <= rank <= 10 for rank in ranks)
    assert count("outcome", "deeper") == sum(10 < rank < math.inf for rank in ranks)
    assert count("outcome", "none") == ranks.count(math.inf)
    for kind in ("better", "worse", "changed"):
        assert count("change", kind) == len(against[kind])
    page.locator("#search").fill("query 17 ")
    assert page.locator("#list li").count() == 1


def test_queries_are_ordered_by_their_measures(ranked_page: Page, ranked: dict[str, Any]) -> None:
    page, queries = ranked_page, ranked["queries"]
    old = {q["id"]: q["scores"]["ndcg@10"] for q in ranked_report()["queries"]}

    def ndcg(query: dict[str, Any]) -> float:
        return float(query["scores"]["ndcg@10"])

    orders: dict[str, Callable[[dict[str, Any]], float]] = {
        "file": lambda _: 0,
        "low": ndcg,
        "high": lambda query: -ndcg(query),
        "deep": lambda query: -first_rank(query),
        "many": lambda query: -len(query["relevant"]),
        "gained": lambda query: old[query["id"]] - ndcg(query),
        "lost": lambda query: ndcg(query) - old[query["id"]],
    }
    offered = page.locator("#order option").evaluate_all("options => options.map(o => o.value)")
    assert offered == list(orders)
    for order, key in orders.items():
        page.locator("#order").select_option(order)
        page.locator("#more").click()
        shown = page.locator("#list summary").evaluate_all(
            "all => all.map(e => Number(e.textContent.match(/Query (\\d+) /)[1]))"
        )
        assert shown == [int(query["id"][1:]) for query in sorted(queries, key=key)]


def test_a_query_shows_what_stands_first_and_what_is_relevant(ranked_page: Page) -> None:
    page = ranked_page
    page.locator("#search").fill("q00")
    page.locator("#list summary").focus()
    page.keyboard.press("Enter")

    first, rest = (page.locator("#list .documents").nth(place) for place in range(2))
    rest.wait_for()
    assert first.locator("li").count() == 10
    assert first.locator("li").first.locator("*").all_inner_texts() == [
        "1",
        f"Title 39 {PAYLOAD} (d39)",
        "judged, not relevant",
    ]
    ranks = ["40", f"Title 0 {PAYLOAD} (d0)", "fused 40, dense 40, lexical 40"]
    assert rest.locator("li").locator("*").all_inner_texts() == ranks
    told = page.locator("#list dl").inner_text()
    assert "Relevant (1)\n40" in told
    assert "Before\nnDCG@10 1.000, relevant at 1" in told
    page.locator("#search").fill("q01")
    page.locator("#list summary").click()
    page.locator("#list mark").first.wait_for()
    assert page.locator("#list mark").all_inner_texts() == ["q01-1", "q01-2"]


def test_a_report_on_rankings_alone(ranked_page: Page, ranked: dict[str, Any]) -> None:
    page = ranked_page
    tile = page.locator(".tiles > div").last.inner_text()

    assert f"{100 * ranked['retrieval']['mrr@10']:.1f} %" in tile
    assert "Success@5" in page.locator("main").inner_text()  # several answer, so not the recall
    assert "14 with other ranks" in page.locator("main").inner_text()
    ranks = [first_rank(query) for query in ranked["queries"]]
    for kind, rank in (("first", 1), ("none", math.inf)):
        page.locator(f".pick[data-value={kind}]").click()
        assert page.locator("#count").inner_text() == f"{ranks.count(rank)} of 60 queries"
        assert page.evaluate("document.activeElement.id") == "outcome"


def assert_no_finding_of_axe(page: Page, search: str) -> None:
    """Of the whole report, with everything open that a search leaves."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="of the test extra")
    page.locator("#search").fill(search)
    for summary in page.locator("summary").all():
        summary.click()
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []


@pytest.mark.parametrize("ranked_page", SIZES, indirect=True)
def test_no_finding_of_axe_on_rankings(ranked_page: Page) -> None:
    assert_no_finding_of_axe(ranked_page, "q01")


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_a_count_shows_its_questions(page: Page, compared: dict[str, Any]) -> None:
    page.locator("#search").fill("q01")
    for kind, count in compared["failures"].items():
        page.locator(f".pick[data-value={kind}]").click()
        assert page.locator("#count").inner_text().split()[0] == str(count)
        assert page.evaluate("document.activeElement.id") == "outcome"
    page.locator(".pick[data-value=better]").focus()
    page.keyboard.press("Enter")
    assert page.locator("#count").inner_text() == "20 of 60 questions"
    assert page.locator("#outcome").input_value() == ""


def test_pictures_are_tables_too(page: Page, compared: dict[str, Any]) -> None:
    figure = page.locator("figure", has_text="Is the confidence true?")
    figure.locator("summary").click()
    rows = [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]

    bins = compared["calibration"]["reliability"]
    assert [int(row[1]) for row in rows] == [part["questions"] for part in bins]
    assert [row[3] for row in rows] == [f"{100 * part['accuracy']:.1f} %" for part in bins]


@pytest.mark.parametrize("page", SIZES, indirect=True)
def test_no_finding_of_axe(page: Page) -> None:
    assert_no_finding_of_axe(page, "q0")


def test_what_was_answered_before_is_told(page: Page) -> None:
    page.locator("#search").fill("q02")
    page.locator("#list summary").click()

    told = page.locator("#list dl").inner_text()
    assert "Before" in told
    assert "pier" in told
    assert "20 better, 0 worse" in page.locator("main").inner_text()


def test_every_control_has_a_name(page: Page) -> None:
    for control in page.locator("input, select").all():
        assert control.evaluate("e => e.labels.length") == 1


def test_nothing_in_the_data_can_end_its_element(path: Path, compared: dict[str, Any]) -> None:
    text = path.read_text("utf-8")
    data = text.partition('id="data">')[2].partition("</script>")[0]

    assert json.loads(data)["cases"] == compared["cases"]
    assert PAYLOAD not in text
