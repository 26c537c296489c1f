"""From a clause and what it mentions to questions with their verbatim answers."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rag.evaluation.proposals.clauses import Bounds, Clause, parse
from rag.evaluation.proposals.lexicon import (
    ADVERBS,
    AGENTS,
    DETERMINERS,
    PREPOSITIONS,
    SINGULAR,
    THINGS_DO,
    TITLES,
)
from rag.evaluation.proposals.mentions import Kind, Mention, dates, names, quantities
from rag.evaluation.proposals.verbs import past_of_participle

_BE = frozenset("is are was were".split())
_HAVE = frozenset("has have had".split())
_LINKING = frozenset("become remain seem appear look lie stand go come rise fall".split())
_ENDS = re.compile(rf"\s*$|\s*[,\[]|\s+(?:{'|'.join(sorted(PREPOSITIONS))}|an?|every|each)\b")
_OBJECT = re.compile(rf"(?:{'|'.join(sorted(DETERMINERS))}) [^,;:()]+", re.IGNORECASE)
_NOMINAL = re.compile(r"(?:(?:the|an?) |(?:[A-Z]\S* ){0,2}\S+[’']s? )(?!.*\b(?:which|who)\b)")
_PARTICIPLE = re.compile(r"(?:(?:also|now|long) )?(\w+(?:ed|en)) ")
_AGENT = re.compile(r"(?:(?:\w+ly|first|also) )?(\w+) by (?:the )?")
_LIFE = re.compile(r" \((?:born )?(?P<born>[^()–—-]{4,20}) ?[–—-] ?(?P<died>[^()–—-]{4,20})\) was ")
_SPANS = ("since", "until")
_NATIONAL = ("ish", "ese", "ian", "ean", "can", "man", "nch", "tch", "eek")
_MAX_ANSWER = 10  # words


@dataclass(frozen=True, slots=True)
class Draft:
    """A question on a sentence; ``sentence[start:end]`` answers it. ``made`` names the rule."""

    question: str
    start: int
    end: int
    made: str


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A sentence with its first clause and the names in it."""

    sentence: str
    clause: Clause
    named: tuple[Mention, ...]

    def text(self, bounds: Bounds | None) -> str:
        return self.sentence[slice(*bounds)] if bounds else ""

    def small(self, bounds: Bounds | None) -> str:
        """The text, its first letter small where only the place in the sentence made it big."""
        text = self.text(bounds)
        if not bounds or any(mention.start == bounds[0] for mention in self.named):
            return text
        first = text.split()[0]
        stays = first.endswith(_NATIONAL) or first.removesuffix(".") in TITLES
        return text if stays else text[0].lower() + text[1:]


def drafts(sentence: str, seen: frozenset[str] = frozenset()) -> Iterator[Draft]:
    """Every question that the rules make of one sentence; ``seen`` as in ``mentions.names``."""
    named = tuple(names(sentence, seen))
    yield from _lives(sentence, named)
    clause = parse(sentence)
    if clause is None:
        return
    parsed = _Parsed(sentence, clause, named)
    for mention in dates(sentence):
        yield from _adverbial(parsed, mention, "When", "in|on|since|until")
    for mention in named:
        if mention.kind not in (Kind.PERSON, Kind.THING):
            yield from _adverbial(parsed, mention, "Where", "in|at|near")
        yield from _agent(parsed, mention)
    for mention in quantities(sentence):
        yield from _counted(parsed, mention)
    yield from _aside(parsed)
    yield from _object(parsed)
    yield from _subject(parsed)


def _subject(parsed: _Parsed) -> Iterator[Draft]:
    """Ask for the subject: the sentence stays as it is after the question word."""
    clause = parsed.clause
    start, end = clause.subject
    text = parsed.text((start, end))
    bare = text.removeprefix("The ").removeprefix("the ")
    start += len(text) - len(bare) if bare[:1].isupper() else 0
    mention = next((m for m in parsed.named if (m.start, m.end) == (start, end)), None)
    rest = parsed.text(clause.rest)
    verb = parsed.text(clause.verb)
    tells_name = rest.removeprefix("been ")[:1].isupper()
    if mention is None and (clause.base is not None or len(text.split()) < 3 or tells_name):
        return
    modal = verb not in _BE | _HAVE and clause.base is None
    copula = verb in _BE or (verb in _HAVE and not _has_participle(rest))
    copula = copula or (modal and "be" in rest.split()[:4])
    word = _who(mention, bare, copula=copula, thing=clause.base in THINGS_DO)
    whole = len(rest.split()) > 1 and not rest.startswith("to ") and not _goes_on(rest)
    if word and whole:
        # "What was built?", but "What were the reasons?"
        asked = verb if verb in _BE and not _has_participle(rest) else SINGULAR.get(verb, verb)
        front = f" {parsed.small(clause.front)}" if clause.front else ""
        yield Draft(f"{word} {asked} {rest}{front}?", start, end, "subject")


def _who(
    mention: Mention | None, text: str = "", *, copula: bool = False, thing: bool = False
) -> str | None:
    """The question word for what is named or described; None where none is sure to fit.

    ``thing``: the verb says that it is no person.
    """
    if mention is None:
        return "Who" if _is_agent(text) else "What"
    if mention.kind is Kind.PERSON:
        return "Who"
    if mention.noun:
        return f"Which {mention.noun}"
    if copula:
        return None
    return "What" if thing else "Who"


def _is_agent(text: str) -> bool:
    """Whether a phrase is about people: "health officials of Oslo", "the architect Ada Lum"."""
    words = re.split(rf" (?:{'|'.join(sorted(PREPOSITIONS))}) ", text)[0].split()
    named = [after[:1].isupper() for after in words[1:]] + [True]
    return any(word.lower() in AGENTS and last for word, last in zip(words, named, strict=True))


def _aside(parsed: _Parsed) -> Iterator[Draft]:
    """Of "China, North Korea's most influential ally, ...": who is the ally?"""
    text = parsed.text(parsed.clause.aside)
    mention = next((m for m in parsed.named if (m.start, m.end) == parsed.clause.subject), None)
    if mention and len(text.split()) > 2 and _NOMINAL.match(text):
        yield Draft(f"{_who(mention)} is {text}?", mention.start, mention.end, "apposition")


def _adverbial(parsed: _Parsed, mention: Mention, word: str, leads: str) -> Iterator[Draft]:
    """Ask for a phrase such as "in 1905", after the verb or in front of the clause."""
    sentence, clause = parsed.sentence, parsed.clause
    lead = re.search(rf"\b({leads})(?: the)? $", sentence[: mention.start], re.IGNORECASE)
    if lead is None:
        return
    phrase = (lead.start(), mention.end)
    if lead[1].lower() in _SPANS:
        word = f"{lead[1].capitalize()} when"
    rest = parsed.text(clause.rest)
    if phrase != clause.front:
        if not (clause.rest[0] <= phrase[0] and phrase[1] <= clause.rest[1]):
            return
        after = parsed.text((phrase[1], clause.rest[1]))
        if not _ENDS.match(after):
            return
        rest = f"{parsed.text((clause.rest[0], phrase[0]))} {after}"
    if word == "Where" and clause.auxiliary in _BE and rest.strip() and not _has_participle(rest):
        return  # "where was the island a home of seals" asks for nothing
    if question := _inverted(parsed, word, rest, without_front=phrase == clause.front):
        yield Draft(question, mention.start, mention.end, word.split()[-1].lower())


def _agent(parsed: _Parsed, mention: Mention) -> Iterator[Draft]:
    """Of "was designed by Ada Lum": who designed?"""
    clause = parsed.clause
    found = _AGENT.match(parsed.text(clause.rest))
    if not found or clause.auxiliary not in _BE or mention.start != clause.rest[0] + found.end():
        return
    past = past_of_participle(found[1])
    tail = parsed.text((mention.end, clause.rest[1])).split()
    if past and (not tail or tail[0] in PREPOSITIONS):
        subject = parsed.small(clause.subject)
        question = " ".join((_who(mention) or "Who", past, subject, *tail))
        yield Draft(f"{question}?", mention.start, mention.end, "agent")


def _counted(parsed: _Parsed, mention: Mention) -> Iterator[Draft]:
    """Ask for the number of an object, or of the subject."""
    clause = parsed.clause
    after = mention.end + 1 + len(mention.noun)
    word, verb = f"How many {mention.noun}", parsed.text(clause.verb)
    question = None
    if clause.subject == (mention.start, after):
        question = f"{word} {verb} {parsed.text(clause.rest)}?"
    elif clause.rest[0] == mention.start:
        rest = parsed.text((after, clause.rest[1]))
        if not _ENDS.match(rest):
            return
        if verb in _HAVE:
            does = {"has": "does", "have": "do", "had": "did"}[verb]
            subject = parsed.small(clause.subject)
            question = " ".join([word, does, subject, "have", *rest.split()]) + "?"
        else:
            question = _inverted(parsed, word, rest)
    if question:
        yield Draft(question, mention.start, mention.end, "how many")


def _object(parsed: _Parsed) -> Iterator[Draft]:
    """Ask for all that follows the verb, where that is one phrase with its determiner."""
    clause = parsed.clause
    (start, end), lead = clause.rest, ""
    if clause.base is None and clause.auxiliary not in _BE:
        found = _PARTICIPLE.match(parsed.text(clause.rest))
        if not found or not past_of_participle(found[1]):
            return
        lead, start = found[0], start + found.end()
    answer = parsed.text((start, end))
    words = answer.split()
    if not _OBJECT.fullmatch(answer) or not 1 < len(words) <= _MAX_ANSWER or _goes_on(answer):
        return
    if clause.base in _LINKING or (clause.auxiliary not in _BE and _has_adverbial(words)):
        return
    if question := _inverted(parsed, "What", lead):
        yield Draft(question, start, end, "object")


def _lives(sentence: str, named: Collection[Mention]) -> Iterator[Draft]:
    """Of "Ada Lum (1815–1852) was a ...": birth and death."""
    for mention in named:
        found = _LIFE.match(sentence, mention.end)
        if not found or mention.start:
            continue
        name = sentence[: mention.end]
        asked = (("born", f"When was {name} born?"), ("died", f"When did {name} die?"))
        for group, question in asked:
            start, end = found.span(group)
            for date in dates(sentence[start:end].strip()):
                yield Draft(question, start + date.start, start + date.end, "life dates")


def _inverted(parsed: _Parsed, word: str, rest: str, *, without_front: bool = False) -> str | None:
    """A question word, the auxiliary, the subject, the verb and what is left of the rest."""
    clause = parsed.clause
    if clause.auxiliary in _HAVE and not _has_participle(rest):
        return None
    front = "" if without_front else parsed.small(clause.front)
    if word.lower().endswith("when") and any(dates(front)):
        return None
    parts = (word, clause.auxiliary, parsed.small(clause.subject), clause.base or "", rest, front)
    return " ".join(" ".join(parts).split()) + "?"


def _has_participle(rest: str) -> bool:
    words = [word for word in rest.split()[:3] if word not in ADVERBS and not word.endswith("ly")]
    return bool(words) and (words[0] == "been" or past_of_participle(words[0]) is not None)


def _goes_on(phrase: str) -> bool:
    """Whether a phrase cannot end so: "the league's", "a gravity-induced"."""
    last = phrase.rpartition(" ")[2]
    verb = last.rpartition("-")[2] if "-" in last else ""
    compound = verb.endswith("ing") or past_of_participle(verb) is not None
    return compound or last.endswith(("'", "’", "'s", "’s"))


def _has_adverbial(words: list[str]) -> bool:
    return any(word in PREPOSITIONS - {"of", "for", "between"} for word in words)
