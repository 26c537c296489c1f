"""Attacks in every field that a document or a person fills: shown as text, never as markup."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rag.snapshot import DocumentInfo
from rag.types import Alternative, Citation, Hit, Passage
from tests.ui.page import Page, read
from tests.ui.samples import abstention, answer, cite, document
from ui import documents, render, report, source, transcript
from ui.chats import chats, file
from ui.documents import Intake, Shelf
from ui.history import Conversation
from ui.measure import Progress
from ui.search import Found, Search
from ui.turns import Place, Turn

BEACON = "http://198.51.100.1/x"
ELEMENTS = (
    "<script>alert(1)</script>",
    f"<script src={BEACON}></script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script\n>alert(1)</script\t>",
    "<<script>alert(1)//<</script>",
    f"<img src={BEACON}>",
    "<img src=x onerror=alert(1)>",
    "<img/src/onerror=alert(1)>",
    "<IMG SRC=javascript:alert(1)>",
    f"<img srcset='{BEACON} 2x'>",
    f"<picture><source srcset={BEACON}></picture>",
    f"<iframe src={BEACON}></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    f"<object data={BEACON}></object>",
    f"<embed src={BEACON}>",
    f"<link rel=stylesheet href={BEACON}>",
    f"<link rel=prefetch href={BEACON}>",
    f"<meta http-equiv=refresh content='0;url={BEACON}'>",
    f"<base href={BEACON}>",
    f"<style>@import '{BEACON}'</style>",
    f"<style>*{{background:url({BEACON})}}</style>",
    f"<form action={BEACON}><input name=a><button>Go</button></form>",
    f"<button formaction={BEACON}>Go</button>",
    f"<input type=image src={BEACON}>",
    "<input autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)></textarea>",
    "<select onfocus=alert(1) autofocus></select>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    f"<svg><image href={BEACON}></svg>",
    f"<svg><use href={BEACON}#a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<math href=javascript:alert(1)>x</math>",
    f"<video src={BEACON} autoplay></video>",
    "<video><source onerror=alert(1)></video>",
    f"<audio src={BEACON} autoplay></audio>",
    "<details open ontoggle=alert(1)>x</details>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<body onload=alert(1)>",
    "<dialog open style='position:fixed;inset:0'>over</dialog>",
    "<div style='position:fixed;inset:0;z-index:9'>over</div>",
    f"<div style='background:url({BEACON})'>x</div>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    f"<a href={BEACON} ping={BEACON}>x</a>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    f"<table background={BEACON}><tr><td>x</table>",
    f"<portal src={BEACON}></portal>",
)
BREAKOUTS = (
    "'\"><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "</mark></div></section><script>alert(1)</script>",
    "</button></li></ul><form>",
    "</title></style></textarea></script><script>alert(1)</script>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[><script>alert(1)</script>]]>",
    "<!--><img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "<scr\0ipt>alert(1)</script>",
    "\N{FULLWIDTH LESS-THAN SIGN}script\N{FULLWIDTH GREATER-THAN SIGN}",
    "${alert(1)} {{alert(1)}} {% raw %} #{alert(1)}",
    f"![x]({BEACON}) [y](javascript:alert(1)) <{BEACON}>",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe <b>",
)
PAYLOADS = (*ELEMENTS, *BREAKOUTS)


def _info(payload: str) -> DocumentInfo:
    return DocumentInfo("a" * 32, payload, payload, 1, 1, payload, payload)


def _turn(payload: str) -> Turn:
    of = document(f"{payload} tail", title=payload)
    spotted = replace(cite(of, payload), heading=payload)
    other = Alternative(payload, f"{payload} tail", 0.2, spotted)
    given = answer(spotted, sentence=f"{payload} tail", alternatives=(other,), question=payload)
    found = _found(payload)
    right = Place(of.id, payload, payload, 0, payload)
    return Turn(payload, given, 0, search=Search(1, 1, 4, (found,)), right=right, rating=False)


def _panel(payload: str) -> str:
    return source.cited(document(f"{payload} tail", title=payload), 0, _turn(payload), 0)


FIELDS: dict[str, Callable[[str], str]] = {
    "answer": lambda p: render.conversation([_turn(p)], ""),
    "abstention": lambda p: render.conversation([Turn(p, abstention(*_near(p), question=p))], ""),
    "error": lambda p: render.conversation([Turn(p, error=p)], ""),
    "waiting": lambda p: render.conversation([Turn(p)], ""),
    "reading": lambda p: render.conversation([Turn(p, reading=(_found(p),))], ""),
    "examples": lambda p: render.suggestions([p]),
    "source": _panel,
    "preview": lambda p: source.preview(document(p, title=p), _turn(p)),
    "missing": lambda p: source.missing(0, _turn(p), 0),
    "library": lambda p: documents.library(Shelf([_info(p)] * 2, frozenset(), p)),
    "progress": lambda p: documents.progress(Intake(0, 1, p, "Reading", errors=(p,))),
    "outcome": lambda p: documents.progress(Intake(1, 1, errors=(p,))),
    "measuring": lambda p: report.progress(Progress(p, 1, 2, 3.0, (p,))),
    "measured": lambda p: report.finished(p, p, [p]),
    "not measured": report.failed,
    "refused": lambda p: documents.progress(Intake(0, 0, errors=documents.refused([p], 1))),
    "chats": lambda p: chats([Conversation(1, name=p), Conversation(2, name=p)], 1, 2, p),
    "file": lambda p: file(p, p, 1),
    "transcript": lambda p: _body(transcript.as_html(Conversation(1, (_turn(p),), p))),
}


def _found(payload: str) -> Found:
    passage = Passage("x", "x", 0, len(payload), payload, heading=payload)
    return Found(Hit(passage, 0.5, 1, 1, 1), payload, payload)


def _near(payload: str) -> list[Citation]:
    return [cite(document(f"{payload} tail", title=payload), payload, supports=False)]


def _body(page: str) -> str:
    return page[page.index("<body>") : page.index("</html>")]


def shape(html: str) -> list[tuple[str, list[str]]]:
    """The elements and the names of their attributes."""
    return [(e.tag, sorted(e.attributes)) for e in read(html).elements]


@pytest.mark.parametrize("field", FIELDS)
def test_no_payload_changes_what_elements_there_are(field: str) -> None:
    harmless = shape(FIELDS[field]("a harmless (1) word"))
    for payload in PAYLOADS:
        written = FIELDS[field](payload)
        assert shape(written) == harmless, payload
        shown = _line(_everything(read(written)))
        assert _line(payload.replace("\0", "\N{SYMBOL FOR NULL}")) in shown, payload


def _line(text: str) -> str:
    """On one line, as titles are."""
    return " ".join(text.split())


def _everything(page: Page) -> str:
    attributes = (value or "" for e in page.elements for value in e.attributes.values())
    return "\n".join([*(e.text for e in page.elements), *attributes])


def test_there_are_enough_of_them() -> None:
    assert len(set(PAYLOADS)) >= 60
