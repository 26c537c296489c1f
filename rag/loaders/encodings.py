"""Bytes become text, or a typed error: rather no document than a wrong one."""

import codecs
import math
import unicodedata
from contextlib import suppress

from charset_normalizer import CharsetMatch, from_bytes

from rag.errors import LoadError

# UTF-32's mark starts with UTF-16's, so it is tried first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The legacy encodings in real use; a detector free to pick from all of Python's picks rarities.
_LEGACY = (
    *("cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp866", "iso8859_5", "cp1253"),
    *("cp1254", "cp1255", "cp1256", "cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
# Not read: they are compared, and what fits one of them as well is in doubt.
_RIVALS = (
    *("cp437", "cp737", "cp850", "cp852", "cp855", "cp862", "cp1257", "iso8859_3", "iso8859_6"),
    *("iso8859_13", "iso8859_15", "mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek"),
)
# Letters beyond ASCII by encoding and language, the most frequent encoding first. Text that
# mixes the letters of several languages is another encoding misread.
_LATIN = (
    ("cp1252", "àâæçéèêëîïôœùûüÿñ"),  # French
    ("cp1252", "äöüßéàáèêëïóõšžå"),  # German, Dutch, Finnish, Estonian, Swedish
    ("cp1252", "áéíóúüñçàèòïº\u00aa"),  # Spanish, Catalan
    ("cp1252", "áâãàçéêíóôõúüº\u00aa"),  # Portuguese
    ("cp1252", "àèéìíîòóù"),  # Italian
    ("cp1252", "æøåéèêóòôäöü"),  # Danish, Norwegian
    ("cp1252", "áðéíóúýþæö"),  # Icelandic
    *((encoding, letters) for encoding in ("cp1250", "iso8859_2") for letters in (
        "ąćęłńóśźż",  # Polish
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîșțşţ",  # Romanian
        "čćđšž",  # Croatian, Slovene
    )),
    ("cp1254", "çğıİöşüâîû"),  # Turkish
)  # fmt: skip
# An encoding, and a rival with a language whose letters it takes for likely ones of its own.
_DOUBLES = (
    ("cp1254", "cp1257", "āčēģīķļņšūž"),  # Latvian
    ("cp1254", "cp1257", "ąčęėįšųūž"),  # Lithuanian
    ("cp866", "cp862", "אבגדהוזחטיךכלםמןנסעףפץצקרשת"),  # Hebrew
)
# Encodings that hold a script of one language, so that their best match needs no further proof.
_OWN_SCRIPT = frozenset({"cp932", "euc_jp", "cp949"})
_MANY_BYTES = frozenset({"cp932", "euc_jp", "gb18030", "big5", "cp949"})  # signs join words there
_IN_WORDS = frozenset("\u2019\u00b7\u00ad")  # apostrophe, Catalan dot, soft hyphen
_LETTERS_ELSEWHERE = frozenset("¦¨¸¼½¾˝ˇ˘˙˛")  # in ISO 8859-15: Ššž, ŒœŸ; or lone accents
_DASHES = frozenset("ÐÑÛĐŃŰĞ")  # no words by themselves; mac_roman has dashes and "€" there
_DIAMETER = frozenset("Øø")
_ORDINALS = frozenset("º\u00aa")
_LOW_QUOTES = frozenset("\u201a\u201e")
_PLAIN = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
_SAMPLE = 200_000  # bytes or characters judged, for speed
_TOLERATED = 0.03  # share of characters that may look foreign: names, quotations
_CHAOS_MARGIN = 0.05
_COHERENCE_MARGIN = 0.1
_ENOUGH_LETTERS = 12


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, as UTF-8, UTF-16 or a legacy encoding.

    The mark itself is removed, everything else stays as it is in the file.

    Raises:
        LoadError: The file is empty or binary, or its encoding cannot be told with certainty.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(_strict(data[len(mark) :], encoding))
    if b"\0" in data:
        return _utf16_without_mark(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(data)
    if "\x1b$" in text:  # ISO-2022-JP shifts into Japanese with this and is all ASCII bytes
        return _strict(data, "iso2022_jp")
    return _checked(text)


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise LoadError(
            f"it starts as {encoding} but is broken at byte {error.start}; save it as UTF-8"
        ) from error


def _checked(text: str) -> str:
    if _is_binary(text):
        raise LoadError("it is binary, not text; convert it to text")
    return text


def _is_binary(text: str) -> bool:
    """Whether control characters show that this is no text."""
    sample = text[:_SAMPLE]
    controls = sum(c < " " and c not in "\t\n\v\f\r\x1b" for c in sample)
    return "\0" in text or controls > len(sample) * 0.001


def _utf16_without_mark(data: bytes) -> str:
    """UTF-16 shows as zero bytes on one side of ASCII characters; other zeros mean binary."""
    zeros = data.count(0)
    plain = len(data) - len(data.translate(None, _PLAIN))
    if zeros < len(data) * 0.4 and plain > (len(data) - zeros) * 0.9:
        raise LoadError("it has zero bytes between its text, so it is binary; convert it to text")
    plausible = []
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[:_SAMPLE]
        known = all(unicodedata.category(c) not in {"Cn", "Co"} for c in sample)
        if known and not _is_binary(text):
            # The wrong byte order turns spaces and line ends into other characters.
            plausible.append((sum(c.isascii() or c == "\u3000" for c in sample), text))
    if not plausible or max(plausible)[0] == 0:
        raise LoadError("it is binary, not text; convert it to text")
    return max(plausible)[1]


def _legacy(data: bytes) -> str:
    """The text in the one legacy encoding that fits, or an error when several do."""
    matches = list(from_bytes(data, cp_isolation=[*_LEGACY, *_RIVALS], enable_fallback=False))
    encoding = _latin(data, matches) or _distinct(matches)
    if encoding and not _has_double(data, encoding):
        with suppress(UnicodeDecodeError):  # beyond the samples: not this encoding after all
            return _checked(data.decode(encoding))
    raise LoadError("its encoding cannot be told, or it is binary; save it as UTF-8 text")


def _latin(data: bytes, matches: list[CharsetMatch]) -> str | None:
    """The first encoding in which all letters are those of one language written with it."""
    read = [match for match in matches if not {*_LEGACY}.isdisjoint(match.could_be_from_charset)]
    best = max((match.coherence for match in read), default=0.0)
    for encoding, alphabet in _LATIN:
        own = [m.coherence for m in matches if encoding in m.could_be_from_charset]
        if max(own, default=0.0) < best - _COHERENCE_MARGIN:
            continue
        with suppress(UnicodeDecodeError):
            if _fits(data.decode(encoding)[:_SAMPLE], alphabet):
                return encoding
    return None


def _has_double(data: bytes, encoding: str) -> bool:
    """Whether a rival reads the bytes as a language of its own."""
    return any(
        first == encoding and _fits(data[:_SAMPLE].decode(second, "replace"), alphabet)
        for first, second, alphabet in _DOUBLES
    )


def _fits(sample: str, alphabet: str) -> bool:
    marked = [c for c in sample if not c.isascii()]
    foreign = sum(c.isalpha() and c not in alphabet and c.lower() not in alphabet for c in marked)
    return foreign + _oddities(sample) <= len(marked) * _TOLERATED


def _oddities(sample: str) -> float:
    """How many characters beyond ASCII stand where no spelling puts them.

    Infinitely many where one of them shows another encoding.
    """
    windows = zip(" " + sample, sample, sample[1:] + " ", strict=False)
    marked = [window for window in windows if not window[1].isascii()]
    if any(_is_another(*window) for window in marked):
        return math.inf
    return sum(_odd(*window) for window in marked)


def _is_another(before: str, char: str, after: str) -> bool:
    """Whether a character shows another encoding: a control, or a letter or "€" of that one."""
    if "\x80" <= char <= "\x9f" or char == "¤":
        return True
    return char in _LETTERS_ELSEWHERE and (before.isalpha() or after.isalpha())


def _odd(before: str, char: str, after: str) -> bool:
    """Whether a character beyond ASCII stands where no spelling puts it."""
    if char in _LOW_QUOTES:
        return before.isalpha()
    if char in _ORDINALS:
        return after.isalpha()
    if char == "´" and after.isalpha():
        return True
    if char.isalpha():
        return _is_odd_letter(before, char, after)
    inside = before.isalpha() and after.isalpha()
    if char == "\u00a0" and after.isupper():
        return False
    return inside and char not in _IN_WORDS and not unicodedata.combining(char)


def _is_odd_letter(before: str, char: str, after: str) -> bool:
    """Whether its case changes within a word, or a sign or a currency was misread as it."""
    if (before.islower() and char.isupper()) or (char.islower() and after.isupper()):
        return True
    if before.isalpha():
        return False
    lone = char in _DASHES and not after.isalpha() and after != "."
    return lone or (after.isdigit() and char not in _DIAMETER)


def _distinct(matches: list[CharsetMatch]) -> str | None:
    """The best match, unless another one reads the bytes differently and almost as well."""
    if not matches:
        return None
    best, *others = matches
    text = str(best)
    encoding = next((e for e in _LEGACY if e in best.could_be_from_charset), None)
    letters = sum(not c.isascii() and c.isalpha() for c in text[:_SAMPLE])
    proven = best.coherence > 0 or best.encoding in _OWN_SCRIPT
    if encoding is None or letters < _ENOUGH_LETTERS or not proven:
        return None
    odd = _odd_in(best)
    if odd > letters * _TOLERATED or any(_rivals(best, other, odd) for other in others):
        return None
    return encoding


def _odd_in(match: CharsetMatch) -> float:
    sample = str(match)[:_SAMPLE]
    if match.encoding not in _MANY_BYTES:
        return _oddities(sample)
    narrow = sum("\uff61" <= c <= "\uff9f" for c in sample)  # katakana, a byte each
    marked = sum(not c.isascii() for c in sample)
    return math.inf if narrow > marked / 2 else 0.0


def _rivals(best: CharsetMatch, other: CharsetMatch, odd: float) -> bool:
    """Whether another match reads the bytes differently and almost as well.

    One with fewer odd characters than the ``odd`` of the best may be further behind.
    """
    behind = best.coherence - other.coherence
    if other.chaos >= best.chaos + _CHAOS_MARGIN or behind >= 2 * _COHERENCE_MARGIN:
        return False
    if str(other) == str(best):
        return False
    its_odd = _odd_in(other)
    return its_odd < odd or (its_odd == odd and behind < _COHERENCE_MARGIN)
