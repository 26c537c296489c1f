"""Forms of English verbs, as far as questions need them."""

from rag.evaluation.proposals.lexicon import PARTICIPLES, PASTS, words

_VOWELS = frozenset("aeiou")


def base_of_past(word: str) -> str | None:
    """The base of a past form, such as "open" of "opened"; None: not known to be one."""
    word = word.lower()
    if word in PASTS:
        return PASTS[word]
    if not word.endswith("ed") or len(word) < 5 or word.endswith("eed"):
        return None
    stem = word[:-2]
    if stem.endswith("i"):
        return _known(f"{stem[:-1]}y")
    doubled = stem[-1] == stem[-2] and stem[-1] not in _VOWELS
    if doubled and (short := _known(stem[:-1])):
        return _known(stem) if stem[-1] in "lsfz" and _known(stem) else short
    # One vowel before one consonant: a verb without "e" would have doubled it ("hoped", "hopped").
    lone = len(stem) < 5 and stem[-1] not in "wxy" and _consonant_after_one_vowel(stem)
    return _known(f"{stem}e") or _known(stem) if lone else _known(stem) or _known(f"{stem}e")


def base_of_present(word: str) -> str | None:
    """The base of a third person, such as "open" of "opens"; None: not known to be one."""
    if not word.islower() or not word.endswith("s") or len(word) < 4 or word.endswith("ss"):
        return None
    if word.endswith("ies"):
        bases = [f"{word[:-3]}y"]
    else:
        bases = [word[:-1]] + [word[:-2]] * word.endswith(("ches", "shes", "sses", "xes", "oes"))
    return next((base for base in bases if _is_verb(base)), None)


def past_of_participle(word: str) -> str | None:
    """The past form of a participle, such as "wrote" of "written"; None: not known."""
    word = word.lower()
    if word in PARTICIPLES:
        return PARTICIPLES[word]
    return word if base_of_past(word) else None


def _is_verb(base: str) -> bool:
    bare = base.removesuffix("e")
    pasts = {f"{bare}ed", f"{base.removesuffix('y')}ied", *_PASTS_OF.get(base, ())}
    return base in words() and bool(pasts & words()) and f"{bare}ing" in words()


def _known(base: str) -> str | None:
    return base if base in words() else None


def _consonant_after_one_vowel(stem: str) -> bool:
    return (
        len(stem) >= 3
        and stem[-1] not in _VOWELS
        and stem[-2] in _VOWELS
        and stem[-3] not in _VOWELS
    )


_PASTS_OF = {base: (past,) for past, base in PASTS.items()}
