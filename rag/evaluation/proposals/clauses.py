"""The first clause of a sentence: front, subject, verb, rest."""

import re
from dataclasses import dataclass

from rag.evaluation.proposals.lexicon import (
    AUXILIARIES,
    CLAUSE_WORDS,
    CONNECTIVES,
    DETERMINERS,
    NUMBERS,
    PARTICIPLES,
    POINTING,
    PREPOSITIONS,
    UNCHANGED,
)
from rag.evaluation.proposals.mentions import DATE
from rag.evaluation.proposals.verbs import base_of_past, base_of_present

Bounds = tuple[int, int]

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_][\w’'-]*|[,;:()—–“”\"]")
_BREAK = frozenset(',;:()—–“”"')
_PREPOSITION = "|".join(sorted(PREPOSITIONS))
_FRONT = re.compile(
    rf"((?:{_PREPOSITION}) [^,;:()—–]{{2,60}}), |((?:in|since|by|on|until) (?:{DATE.pattern})) ",
    re.IGNORECASE,
)
_OPEN = DETERMINERS | PREPOSITIONS | {"and", "or"}
_EXHIBITS = frozenset("figure fig table".split())  # they mean nothing outside their text
_MAX_SUBJECT = 9  # words
_DO = {"past": "did", "present": "does"}


@dataclass(frozen=True, slots=True)
class Clause:
    """Bounds in the sentence. ``rest`` reaches to the end of the clause, without its stop.

    ``auxiliary`` stands in the sentence ("was") or is the one that a question needs ("did");
    ``base`` is the main verb's base form where the auxiliary is that of a question.
    ``aside`` is what stands between commas after the subject.
    """

    front: Bounds | None
    subject: Bounds
    aside: Bounds | None
    verb: Bounds
    rest: Bounds
    auxiliary: str
    base: str | None


@dataclass(frozen=True, slots=True)
class _Verb:
    at: int  # among the words
    auxiliary: str
    base: str | None


def parse(sentence: str) -> Clause | None:
    """The sentence's first clause, where its form is one that the rules are sure about."""
    begin = found.end() if (found := CONNECTIVES.match(sentence)) else 0
    front = None
    if found := _FRONT.match(sentence, begin):
        front, begin = found.span(found.lastindex or 0), found.end()
    words = list(_WORD.finditer(sentence, begin))
    aside, head = _aside(words)
    verb = _verb(words, head, sentence)
    if verb is None:
        return None
    subject = (begin, words[(head or verb.at) - (2 if head else 1)].end())
    if head:
        subject = (begin, aside[0] - 2) if aside else subject
    if not _stands_alone(sentence[slice(*subject)]):
        return None
    at = words[verb.at]
    end = _clause_end(sentence, words, verb.at + 1)
    start = min(at.end() + 1, end)
    if sentence[start:end].rpartition(" ")[2] in _OPEN:
        return None
    return Clause(front, subject, aside, at.span(), (start, end), verb.auxiliary, verb.base)


def _aside(words: list["re.Match[str]"]) -> tuple[Bounds | None, int]:
    """The bounds of an aside after a short subject, and the place of the word after it."""
    commas = [i for i, word in enumerate(words[:20]) if word[0] in _BREAK]
    if len(commas) < 2 or commas[0] == 0 or commas[0] > _MAX_SUBJECT:
        return None, 0
    first, second = commas[:2]
    if words[first][0] != "," or words[second][0] != "," or second + 1 >= len(words):
        return None, 0
    if any(_finite(word[0]) for word in words[:first]):
        return None, 0
    return (words[first + 1].start(), words[second - 1].end()), second + 1


def _verb(words: list["re.Match[str]"], head: int, sentence: str) -> _Verb | None:
    """The clause's finite verb; None where several words could be it."""
    if head:
        found = _finite(words[head][0])
        return _Verb(head, *found) if found and _follows(words, head, sentence) else None
    candidates: list[_Verb] = []
    for at, word in enumerate(words[:20]):
        if word[0] in _BREAK or (at and _opens_clause(words, at)):
            break
        if at and (found := _finite(word[0])) and not _is_noun(words[at - 1][0], found, candidates):
            candidates.append(_Verb(at, *found))
    sure = [one for one in candidates if one.base is None]
    if sure and any(_tells_more(words, one.at) for one in candidates if one.at < sure[0].at):
        return None  # "historians thought the term may be old"
    if sure:
        chosen = sure[0]
    elif len(candidates) == 1 and _follows(words, candidates[0].at, sentence):
        chosen = candidates[0]
    else:
        return None
    return chosen if chosen.at <= _MAX_SUBJECT else None


def _tells_more(words: list["re.Match[str]"], at: int) -> bool:
    """Whether an object or a clause follows, so that the word is a verb and no participle."""
    following = words[at + 1][0].lower() if at + 1 < len(words) else ""
    return following in DETERMINERS | POINTING | {"how", "why", "whether"}


def _is_noun(before: str, found: tuple[str, str | None], candidates: list[_Verb]) -> bool:
    """Whether a word that looks like a verb is none: after a determiner, a number, or a past."""
    counted = before[0].isdigit() or before.lower() in NUMBERS
    past = any(one.auxiliary == _DO["past"] for one in candidates)
    return before.lower() in DETERMINERS or (found[0] == _DO["present"] and (counted or past))


def _finite(word: str) -> tuple[str, str | None] | None:
    """The auxiliary that a question needs, and the base form of a main verb."""
    if word.lower() in AUXILIARIES:
        return word.lower(), None
    if word[0].isupper():
        return None
    if base := base_of_past(word):
        return _DO["past"], base
    if base := base_of_present(word):
        return _DO["present"], base
    return None


def _follows(words: list["re.Match[str]"], at: int, sentence: str) -> bool:
    """Whether what follows shows that a word is a verb, and not a noun or a participle."""
    word = words[at][0].lower()
    if word in AUXILIARIES:
        return True
    if at + 1 >= len(words):
        return not word.endswith("s")
    following = words[at + 1][0]
    if following.lower() == "by" or sentence[words[at].end()] == "-":
        return False
    if words[at - 1][0].endswith(("’s", "'s", "’")):
        return False
    opens = following.lower() in DETERMINERS | PREPOSITIONS | POINTING
    return not word.endswith("s") or opens or following[0].isupper() or following[0].isdigit()


def _stands_alone(subject: str) -> bool:
    words = subject.split()
    if not words or not words[0][0].isalnum() or len(words) > _MAX_SUBJECT:
        return False
    if words[0].lower() in POINTING | CLAUSE_WORDS | _EXHIBITS:
        return False
    named = subject[:1].isupper() and words[0].lower() not in DETERMINERS
    return (len(words) > 1 or named) and words[0].lower() not in PREPOSITIONS


def _clause_end(sentence: str, words: list["re.Match[str]"], after: int) -> int:
    """Where the clause ends: before punctuation or a word that opens another clause."""
    for at, word in enumerate(words[after:], after):
        if word[0] in _BREAK or _opens_clause(words, at):
            return len(sentence[: word.start()].rstrip())
    return len(sentence.rstrip(" .!?…"))


def _opens_clause(words: list["re.Match[str]"], at: int) -> bool:
    word, following = words[at][0].lower(), words[at + 1][0] if at + 1 < len(words) else ""
    if word in ("and", "or", "but"):
        verbal = following in PARTICIPLES or following in UNCHANGED
        return verbal or (bool(following) and _finite(following) is not None)
    if word in PREPOSITIONS:  # "since 1905", but "since the dam was removed"
        return word in CLAUSE_WORDS and not (following[:1].isdigit() or following[:1].isupper())
    return word in CLAUSE_WORDS - {"as", "than"}
