"""Edges of answer spans, worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.boundaries import clean


@pytest.mark.parametrize(
    ("text", "span", "expected"),
    [
        ("in a 2021 agreement", "21", "2021"),
        ("it killed 69,197 people", "69", "69,197"),
        ("a rise of 3.5 percent", "5", "3.5"),
        ("closed from 30 Sept on", "30", "30 Sept"),
        ("born on 1 May 1891, a Friday", "1", "1 May 1891"),
        ("the 4th of July, 1776", "4th", "4th of July, 1776"),
        ("Due March 15, 2024.", "15", "March 15, 2024"),
        ("On March 15 we left", "15", "March 15"),
        ("Sales: January 12, February 8", "12", "12"),
        ("Rainfall in April 12%", "12", "12"),
        ("She lives at 10 March Street.", "10", "10"),
        ("Gate 4 May be closed.", "4", "4"),
        ("5 May 1000 people came", "5", "5 May"),
        ("Her blood type is O-.", "O", "O-"),
        ("Her blood type is AB−, his B.", "AB−", "AB−"),
        ("It is O-shaped.", "O", "O"),
        ("He is 5'11\" tall.", "5'11\"", "5'11\""),
        ("30 marched, 12 Mayors came", "12", "12"),
        ("version 2.1 May change", "1", "2.1"),
        ("at 10:30 March began", "30", "10:30"),
        ("closed from 30 Sept on", "30 Sept", "30 Sept"),
        ("in May 1891", "1891", "1891"),
        ("In May 30 people came.", "30", "30"),
        ("met in March, April", "March,", "March"),
        ("the (first) one", "(first", "(first)"),
        ("the (first) one", "first)", "(first)"),
        ("called “dual track” by some", "“dual track", "“dual track”"),
        ("called “dual track” by some", "dual track", "dual track"),
        ('called "dual track" by some', 'dual track"', '"dual track"'),
        ("the dog’s bowl", "dog’s bowl", "dog’s bowl"),
        ("the Workers’ Party of Korea", "Workers’ Party", "Workers’ Party"),
        ("He lives in the U.S. today", "U.S.", "U.S."),
        ("The ovens are lit at 5 a.m. on Saturdays.", "5 a.m", "5 a.m."),
        ("The ovens are lit at 5 a.m. on Saturdays.", "5 a", "5 a.m."),
        ("He lived in the U.S.A. for years.", "the U.S", "the U.S.A."),
        ("It is plan B. It is safe.", "plan B", "plan B"),
        ("Write to it@larkspur.example, or call.", "@larkspur", "it@larkspur.example"),
        (
            "Write to it@larkspur.example, or call.",
            "example, or call",
            "it@larkspur.example, or call",
        ),
        ("See (https://larkspur.example/a?b=1).", "larkspur", "https://larkspur.example/a?b=1"),
        (
            "See www.larkspur.example, page 2.",
            "larkspur.example, page 2",
            "www.larkspur.example, page 2",
        ),
        ("The train leaves at 14:30:05 sharp", "30", "14:30:05"),
        ("Signed on 2021-03-04 in Oslo", "03", "2021-03-04"),
        ("Signed on 3/4/2021 in Oslo", "3", "3/4/2021"),
        ("It is in ~/.config/graftbox.toml. Edit it.", "config", "~/.config/graftbox.toml"),
        ("Read notes.txt, then begin.", "notes", "notes.txt"),
        ("Read notes.txt. Then begin.", "txt", "notes.txt"),
        ("Copy ../lists/old_names here", "names", "../lists/old_names"),
        ("Only if allow_large is set", "large", "allow_large"),
        ("With --dry-run nothing is written", "dry", "--dry-run"),
        ("cats and/or dogs", "or dogs", "or dogs"),
        ("It ended.Then it began", "ended", "ended"),
        ("The war of 1914-1918 began", "1914", "1914"),
        ("It was urged by China.", "China.", "China"),
        ("denuclearization", "nuclear", "denuclearization"),
        ("temperatures of -40 degrees", "-40", "-40"),
        ("temperatures of -40 degrees", "40", "-40"),
        ("A profit of -€120 m", "-€120 m", "-€120 m"),
        ("A profit of (-€120 m)", "€120 m", "-€120 m"),
        ("At −5 °C it stops", "5 °C", "−5 °C"),
        ("Take vitamin B-12 daily", "12", "12"),
        ("Open 9–5 daily", "5", "5"),
        ("Pele\u0301 scored", "Pele", "Pele\u0301"),
        ("It is on _Monday_ only", "Monday", "Monday"),
        ("Set _private_name here", "private", "private_name"),
        ("Use -v for more", "v", "-v"),
        ("Put it in .env, please", "env", ".env"),
        ("It needs .NET 8 now", ".NET 8", ".NET 8"),
        ("-Apples\n-Pears", "Apples", "Apples"),
        ("a dose of .25 mg", "25 mg", ".25 mg"),
        ("it fell by -.5 V", "5 V", "-.5 V"),
        ("No.5 is shut", "5", "5"),
        ("It is late.5 left", "5", "5"),
        ("> **Note** Dogs are welcome", "Note** Dogs", "**Note** Dogs"),
        ("Run `fetch --all -v` once", "Run `fetch --all -v", "Run `fetch --all -v`"),
        ("led by Jan **Kozak**, 41", "Jan **Kozak", "Jan **Kozak**"),
        ("It is ~~Tuesday~~ **Wednesday**", "Tuesday~~ **Wed", "~~Tuesday~~ **Wednesday**"),
        ("Use ** and `x` here", "** and", "** and"),
        ("**Monday** to **Thursday**", "Monday** to **Thursday", "**Monday** to **Thursday**"),
        ("from **May** to **July**", "May** to **July**", "**May** to **July**"),
        ("Clone git+ssh://host.example/a-b.git now", "a-b", "git+ssh://host.example/a-b.git"),
        (
            "Ann Lee <ann@lee.example> wrote",
            "Ann Lee <ann@lee.example",
            "Ann Lee <ann@lee.example>",
        ),
        ("Ann <ann@lee.example> wrote", "ann@lee.example>", "<ann@lee.example>"),
        ("Keep it at < 5 °C, please", "< 5 °C", "< 5 °C"),
        ("If 3 < 5 > 4", "3 < 5", "3 < 5"),
        ("well ... then", "...", ""),
    ],
)
def test_by_hand(text: str, span: str, expected: str) -> None:
    start = text.index(span)
    first, last = clean(text, start, start + len(span))
    assert text[first:last] == expected


@given(st.text(alphabet='ab1 .,:/~_@<>’‘“”()"-*`é界', max_size=30), st.data())
def test_stays_inside_and_is_stable(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    first, last = clean(text, start, end)
    assert 0 <= first <= last <= len(text)
    if first < last:
        assert not text[first].isspace()
        assert not text[last - 1].isspace()
        assert not (first and text[first - 1].isalnum() and text[first].isalnum())
        assert clean(text, first, last) == (first, last)
        assert not (last < len(text) and text[last - 1].isalnum() and text[last].isalnum())
