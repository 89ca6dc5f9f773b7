"""Characters that a terminal acts on in place of showing them."""

RANGES = ((0x00, 0x09), (0x0B, 0x1F), (0x7F, 0x9F), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F))
HOSTILE = "".join(chr(code) for first, last in RANGES for code in range(first, last + 1))
HOSTILE += "\u00ad\u061c\ufeff\ufff9\U000e0041\udfff\ud800"
"""All that has ever fooled a terminal, with halves of surrogate pairs."""


def harmless(text: str) -> bool:
    """Whether text holds nothing but printable characters and line feeds."""
    return all(line.isprintable() for line in text.split("\n"))
