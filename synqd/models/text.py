"""Text that came from outside, fit to be stored and sent on."""


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: what is none (a header's odd bytes, as surrogates) becomes ``?``.

    Neither SQLite nor JSON takes surrogates: without this an answer of a broken proxy would end the process.
    """
    return text if text.isascii() else text.encode(errors="replace").decode()
