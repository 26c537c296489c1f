"""Text to HTML: the only place where document-supplied characters become markup."""

import html

_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}")
_SPECIAL = _SURROGATES | str.maketrans({"\r": "&#13;", "\0": "\N{SYMBOL FOR NULL}"})


def escape(text: str) -> str:
    """Escape text for an element or a quoted attribute.

    A browser turns a bare carriage return into a line feed, which would shift what is shown
    against the document, so it becomes a character reference; NUL has no reference in HTML and
    is shown as its symbol. A lone surrogate, which no document holds but an event may, cannot be
    sent at all and is shown as the replacement character.
    """
    return html.escape(text, quote=True).translate(_SPECIAL)


def attributes(**values: str | int | bool | None) -> str:
    """Attributes with a leading space each; ``None`` and ``False`` are left out.

    A trailing underscore is dropped and others become hyphens: ``class_``, ``data_turn``.
    """
    written = []
    for name, value in values.items():
        key = name.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {key}")
        elif value is not None and value is not False:
            written.append(f' {key}="{escape(str(value))}"')
    return "".join(written)


def tag(name: str, content: str, **values: str | int | bool | None) -> str:
    """An element around ``content``, which must be HTML already."""
    return f"<{name}{attributes(**values)}>{content}</{name}>"


def text(name: str, content: str, **values: str | int | bool | None) -> str:
    """An element around plain text, escaped here."""
    return tag(name, escape(content), **values)


def button(
    name: str, event: str, value: str = "", *, label: str | None = None, turn: int | None = None
) -> str:
    """A button that sends ``{"value": value, "turn": turn}`` as an event of the page."""
    return text(
        "button",
        name,
        type="button",
        class_="plain",
        data_event=event,
        data_value=value,
        data_turn=turn,
        aria_label=label,
    )
