"""Plain text."""

import re

from rag.loaders.encodings import decode
from rag.loaders.format import Format, Parsed

# One short line, then a blank one: the way a headline stands above its article.
_HEADLINE = re.compile(r"\s*(\S[^\r\n\u2028\u2029]{0,199})(?:\r\n?|\n)[^\S\r\n]*(?:\r\n?|\n)")


def _parse(data: bytes) -> Parsed:
    text = decode(data)
    headline = _HEADLINE.match(text)
    return Parsed(text=text, title=headline[1].strip() if headline else None)


FORMAT = Format(media_type="text/plain", suffixes=(".txt",), parse=_parse)
