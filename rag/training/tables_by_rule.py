"""Tables and lists made by rule, as the reader is given them, with questions on their cells.

No training passage has a table. What these are about is in ``tables_by_rule.toml``.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from rag.prose import prose
from rag.training.own_questions import Candidate

KINDS = Path(__file__).with_name("tables_by_rule.toml")
TABLES_OF_AN_ARTICLE = 60  # of one kind: near enough to be each other's hard negatives

_SLOT = re.compile(r"\{(?:(\d+)\.\.(\d+)(,?)|([\d.]+)~([\d.]+)|(\w+)(?::(\w+))?)\}")
_ASKS = ("What is the {c} of {k}?", "What is the {c} for {k}?", "What {c} does {k} have?")
_BACKS = ("Which {K} has a {c} of {v}?", "Which {K} has {v} as its {c}?")
_LAST_LINES = (
    "Subject to change.",
    "Last updated on {date}.",
    "Questions go to {first} {last}.",
    "All figures without guarantee.",
)


@dataclass(frozen=True, slots=True)
class Column:
    """``values`` are templates; ``asks`` are about row ``{k}``, ``backs`` about value ``{v}``."""

    name: str
    values: tuple[str, ...]
    asks: tuple[str, ...]
    backs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """Tables of one kind: first column, its entries, lines before the table, further columns."""

    key: str
    entries: tuple[str, ...]
    named: bool  # whether entries keep their capitals within a question
    intros: tuple[str, ...]
    columns: tuple[Column, ...]


Row = tuple[str, int, list[tuple[str, int]]]
"""An entry, its first character, and its cells with theirs."""


@dataclass(frozen=True, slots=True)
class Made:
    """A table as it is read."""

    text: str
    columns: tuple[Column, ...]
    rows: list[Row]


def tables(count: int, seed: int) -> list[Candidate]:
    """At least ``count`` questions, a sixth of which their table does not answer."""
    rng = Random(seed)  # noqa: S311 - a choice that can be repeated, no secret
    kinds, pools = load()
    writer = _Writer(pools, rng)
    made: list[Candidate] = []
    seen: Counter[int] = Counter()
    while len(made) < count:
        number = rng.randrange(len(kinds))
        article = number + len(kinds) * (seen[number] // TABLES_OF_AN_ARTICLE)
        seen[number] += 1
        table = writer.table(kinds[number])
        asked = writer.questions(kinds[number], table)
        made += [Candidate(article, table.text, *one) for one in asked]
    return made


def load() -> tuple[list[Kind], dict[str, tuple[str, ...]]]:
    """The kinds and the pools that their templates draw from."""
    told = tomllib.loads(KINDS.read_text("utf-8"))
    pools = {
        name: tuple(pool.split() if isinstance(pool, str) else pool)
        for name, pool in told["pools"].items()
    }
    kinds = [
        Kind(
            kind["key"],
            _several(kind["entries"]),
            kind["named"],
            tuple(kind["intros"]),
            tuple(map(_column, kind["columns"])),
        )
        for kind in told["kinds"]
    ]
    return kinds, pools


def _column(told: Mapping[str, Any]) -> Column:
    return Column(
        told["name"], _several(told["values"]), tuple(told["asks"]), tuple(told.get("backs", ()))
    )


def _several(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


class _Writer:
    def __init__(self, pools: Mapping[str, Sequence[str]], rng: Random) -> None:
        self._pools, self._rng = pools, rng

    def table(self, kind: Kind) -> Made:
        """A table in two of three cases, else a list or the lines of a few records."""
        rng = self._rng
        most = 1 if rng.random() < 0.25 else min(5, len(kind.columns))
        columns = tuple(rng.sample(kind.columns, rng.randint(1, most)))
        entries = dict.fromkeys(self._one(kind.entries) for _ in range(rng.randint(2, 9)))
        rows = [(entry, [self._one(column.values) for column in columns]) for entry in entries]
        forms = (_TABLE, _SHORT_LIST if len(columns) == 1 else _LIST, _RECORDS)
        form = rng.choices(forms, (65, 20, 15))[0]
        names, rows = [column.name for column in columns], rows[: form.most_rows]
        parts = [form.write(kind.key, names, rows)]
        if rng.random() < 0.6:
            parts.insert(0, rng.choice(("", "", "## ")) + rng.choice(kind.intros))
        if rng.random() < 0.3:
            parts.append(self._one(_LAST_LINES))
        text = "\n\n".join(parts)
        said = prose(text)
        text = said.text if said else text
        return Made(text, columns, list(_located(text, form, names, rows)))

    def questions(
        self, kind: Kind, table: Made
    ) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
        """Up to five with their answers, then now and then a row or a column that is not there."""
        rng = self._rng
        asked = list(self._answered(kind, table))
        yield from rng.sample(asked, min(5, len(asked)))
        absent = self._one(kind.entries)
        if absent not in table.text and rng.random() < 0.6:
            yield self._ask(kind, rng.choice(table.columns), absent), ()
        others = [column for column in kind.columns if column not in table.columns]
        if others and rng.random() < 0.5:
            yield self._ask(kind, rng.choice(others), rng.choice(table.rows)[0]), ()

    def _answered(
        self, kind: Kind, table: Made
    ) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
        often = Counter(
            (place, cell) for _, _, cells in table.rows for place, (cell, _) in enumerate(cells)
        )
        for entry, begin, cells in table.rows:
            for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
                yield self._ask(kind, column, entry), (cell,)
                if often[place, cell[0]] == 1 and self._rng.random() < 0.45:
                    usual = column.backs and self._rng.random() < 0.8
                    words = self._rng.choice(column.backs if usual else _BACKS)
                    asked = words.format(v=cell[0], c=column.name.lower(), K=kind.key.lower())
                    yield asked, ((entry, begin),)

    def _ask(self, kind: Kind, column: Column, entry: str) -> str:
        words = self._rng.choice(column.asks if self._rng.random() < 0.8 else _ASKS)
        return words.format(k=entry if kind.named else entry.lower(), c=column.name.lower())

    def _one(self, templates: Sequence[str]) -> str:
        return _SLOT.sub(self._filled, self._rng.choice(templates))

    def _filled(self, slot: re.Match[str]) -> str:
        low, high, commas, least, most, pool, case = slot.groups()
        if low:
            return format(self._rng.randint(int(low), int(high)), commas)
        if least:
            return f"{self._rng.uniform(float(least), float(most)):.1f}"
        drawn = self._one(self._pools[pool])
        return str(getattr(drawn, case)()) if case else drawn


_Rows = Sequence[tuple[str, Sequence[str]]]


class _Form(NamedTuple):
    """How rows are written, and how a cell is to be found among what is read of its row."""

    write: Callable[[str, Sequence[str], _Rows], str]
    cell: str
    most_rows: int = 9


def _table(key: str, names: Sequence[str], rows: _Rows) -> str:
    lines = [[key, *names], ["---"] * (1 + len(names)), *([entry, *cells] for entry, cells in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(_: str, names: Sequence[str], rows: _Rows) -> str:
    return "\n".join(
        f"- {entry}: " + ", ".join(f"{n.lower()} {c}" for n, c in zip(names, cells, strict=True))
        for entry, cells in rows
    )


def _short_list(_: str, _names: Sequence[str], rows: _Rows) -> str:
    return "\n".join(f"- {entry}: {cells[0]}" for entry, cells in rows)


def _records(_: str, names: Sequence[str], rows: _Rows) -> str:
    return "\n\n".join(
        "\n".join([entry, *(f"{n}: {c}" for n, c in zip(names, cells, strict=True))])
        for entry, cells in rows
    )


_TABLE = _Form(_table, "the {name} is {cell}")
_LIST = _Form(_list, "{lower} {cell}")
_SHORT_LIST = _Form(_short_list, ": {cell}")
_RECORDS = _Form(_records, "{name}: {cell}", most_rows=3)


def _located(text: str, form: _Form, names: Sequence[str], rows: _Rows) -> Iterator[Row]:
    """Where each entry and each of its cells stands, one behind the other."""
    place = 0
    for entry, cells in rows:
        found = re.compile(rf"(?:^|\n)(?:- )?(?={re.escape(entry)})").search(text, place)
        begin = place = found.end() if found else text.index(entry, place)
        located = []
        for name, cell in zip(names, cells, strict=True):
            shown = form.cell.format(name=name, lower=name.lower(), cell=cell)
            place = text.index(shown, place) + len(shown)
            located.append((cell, place - len(cell)))
        yield entry, begin, located
