"""Whether the words of a table's first line name its columns, or are values themselves.

A table without names costs a reader little; a row that is taken for names says what is not so. So
in doubt it names nothing.
"""

import re
from collections.abc import Sequence

from rag.dates import YEAR

_AMOUNT = re.compile(r"[-+~<>≤≥±(]{0,2}(?:[A-Z]{0,3}[$€£¥])?\d++(?!st\b|nd\b|rd\b|th\b)")
_YEAR = re.compile(rf"{YEAR}\Z")
_CODE = re.compile(r"(?=\S*\d)\S+\Z")
_VALUES = frozenset(
    "closed,open,free,none,yes,no,off,n/a,nil,tba,tbc,tbd,varies,included,unknown,sold out,pending,"
    "cancelled,vacant,on request,on order,on leave,postponed,not known,ditto,see below".split(",")
)


def are_names(names: Sequence[str], rows: Sequence[Sequence[str]], *, marked: bool) -> bool:
    """Whether ``names`` stand above the columns of ``rows``, "" where nothing does.

    They are distinct, no label with a colon, no amount and nothing that their column holds too.
    Then it is enough that they are ``marked`` as names, by dashes below them or a blank corner.
    Else they are words, three at least, and two of them are above numbers, or one of them where
    all or none begin with a capital.
    """
    told = [name.casefold() for name in names if name]
    if len(set(told)) < len(told) or not _VALUES.isdisjoint(told):
        return False
    if any(name.endswith(":") or (_AMOUNT.match(name) and not _YEAR.match(name)) for name in names):
        return False
    below = list(zip(*rows, strict=True))
    if any(name and name in cells for name, cells in zip(names, below, strict=True)):
        return False
    if marked:
        return len(names) > 2 or not any(map(_YEAR.match, told))
    if len(names) < 3 or any(_YEAR.match(name) or not any(map(str.isalpha, name)) for name in told):
        return False
    numbers = sum(map(_are_numbers, below, names))
    return numbers > 1 or (numbers == 1 and len({name[0].isupper() for name in names if name}) == 1)


def _are_numbers(cells: Sequence[str], name: str) -> bool:
    """Whether nearly all cells that are filled hold numbers, and their column's name none."""
    filled = [
        cell for cell in cells if any(map(str.isalnum, cell)) and cell.casefold() not in _VALUES
    ]
    code = not any(map(str.isdecimal, name))
    numbers = [bool(_AMOUNT.match(cell) or (code and _CODE.match(cell))) for cell in filled]
    return len(filled) > 1 and sum(numbers) > 0.7 * len(filled)
