"""Reading one row of a question set: every check raises ValueError with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rag.evaluation.records import Gold, Marked, Question, RowError


class RowErrors:
    """Collects what was wrong with the rows of one file."""

    def __init__(self, file: str) -> None:
        """Start with no errors; ``file`` is named in each, so that it can be read."""
        self.file = readable(file)
        self.found: list[RowError] = []

    def add(self, place: str, reason: object) -> None:
        """Note one row: ``place`` is a line or a path inside the file."""
        self.found.append(RowError(self.file, place, readable(str(reason))))


class Names:
    """Gives every question an id of its own, so that no two are ever scored as one."""

    def __init__(self) -> None:
        """Start with no ids taken."""
        self._taken: set[str] = set()

    def take(self, wanted: object) -> tuple[str, bool]:
        """The id to use, and whether it is the one that was wanted; "" where none was.

        One that is taken gets ``#2``, ``#3`` and so on.
        """
        name = well_formed(str(wanted), "id") if isinstance(wanted, str | int) else ""
        free = self._free(name) if name else ""
        return free, free == name

    def complete(self, questions: Sequence[Question]) -> tuple[Question, ...]:
        """All questions of a file; one without an id gets ``q`` and its number, from 1.

        That comes last, so that it takes no question's own id.
        """
        return tuple(
            one if one.id else replace(one, id=self._free(f"q{number}"))
            for number, one in enumerate(questions, 1)
        )

    def _free(self, base: str) -> str:
        free, count = base, 1
        while free in self._taken:
            count += 1
            free = f"{base}#{count}"
        self._taken.add(free)
        return free


def mapping(value: object) -> Mapping[str, Any]:
    """The value, when it is a JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, not {_kind(value)}")
    return value


def sequence(item: Mapping[str, Any], key: str) -> list[Any]:
    """The list under a key."""
    if key not in item:
        raise ValueError(f'"{key}" is missing')
    value = item[key]
    if not isinstance(value, list):
        raise ValueError(f'"{key}" must be a list, not {_kind(value)}')
    return value


def string(item: Mapping[str, Any], key: str) -> str:
    """The string under a key, which must hold more than white space and be valid Unicode."""
    if key not in item:
        raise ValueError(f'"{key}" is missing')
    value = item[key]
    if not isinstance(value, str):
        raise ValueError(f'"{key}" must be a string, not {_kind(value)}')
    if not value.strip():
        raise ValueError(f'"{key}" is blank')
    return well_formed(value, key)


def well_formed(value: str, key: str) -> str:
    """The value, when it has a UTF-8 form."""
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError(f'"{key}" is not valid UTF-8')
    return value


def readable(name: str) -> str:
    """A name as valid Unicode, as the loaders write it: that of a file may be any bytes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def golds(item: Mapping[str, Any]) -> tuple[Gold, ...]:
    """The gold answers under ``answers``: strings, or objects of ``text`` and ``answer_start``.

    The same answer at the same place counts once.
    """
    found = [_gold(value) for value in sequence(item, "answers")]
    return tuple(dict.fromkeys(found))


def _gold(value: object) -> Gold:
    if isinstance(value, str):
        return Gold(string({"answers": value}, "answers"))
    answer = mapping(value)
    start = answer.get("answer_start")
    if start is not None and (not isinstance(start, int) or isinstance(start, bool)):
        raise ValueError(f'"answer_start" must be a whole number, not {_kind(start)}')
    return Gold(string(answer, "text"), start)


def marks(item: Mapping[str, Any]) -> tuple[Marked, ...]:
    """The evidence under ``evidence``, which may be missing: objects of ``text`` or offsets.

    ``document`` is that of the row where the object names none. The same run counts once.
    """
    if item.get("evidence") is None:
        return ()
    usual = string(item, "document") if item.get("document") else None
    found = [_mark(mapping(value), usual) for value in sequence(item, "evidence")]
    return tuple(dict.fromkeys(found))


def _mark(item: Mapping[str, Any], usual: str | None) -> Marked:
    document = string(item, "document") if item.get("document") else usual
    if document is None:
        raise ValueError('"evidence" names no "document", and the row none either')
    text = string(item, "text") if item.get("text") is not None else None
    start, end = item.get("start"), item.get("end")
    if start is None and end is None:
        if text is None:
            raise ValueError('"evidence" needs a "text", or a "start" and an "end"')
        return Marked(document, text)
    numbers = [value for value in (start, end) if type(value) is int]
    if len(numbers) < 2 or not 0 <= numbers[0] < numbers[1]:
        raise ValueError('"start" and "end" of "evidence" must be whole numbers, start below end')
    return Marked(document, text, *numbers)


def checked_offsets(given: tuple[Gold, ...], text: str) -> tuple[Gold, ...]:
    """The golds; one whose answer does not stand at its offset in ``text`` loses the offset."""
    return tuple(
        gold
        if gold.start is None or (gold.start >= 0 and text.startswith(gold.text, gold.start))
        else Gold(gold.text)
        for gold in given
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    if value is None:
        return "null"
    return names.get(type(value), "a number")
