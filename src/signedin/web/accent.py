"""An app's own colour in ours: changed as little as is needed to be read, light and dark.

WCAG 2.2, 1.4.3: text has a contrast of 4.5 at least. A colour that lacks it is mixed with
black, or in the dark with white, until it is enough wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signedin.core.errors import InvalidSettingError

CONTRAST = 4.5

Colour = tuple[float, float, float]  # red, green, blue of sRGB, each 0..1


def read(text: str) -> Colour:
    """A colour that was written as ``#rrggbb``.

    Raises:
        InvalidSettingError: It was not.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise InvalidSettingError(f"accent: expected a colour such as #0a6e8f, got {text[:40]!r}")
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def written(colour: Colour) -> str:
    """A colour as ``#rrggbb``."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """As ``color-mix(in srgb, one share, other)`` mixes."""
    red, green, blue = (a * share + b * (1 - share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2's contrast ratio, 1..21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@dataclass(frozen=True, slots=True)
class Scheme:
    """Where the accent stands in one colour scheme of ``app.css``.

    ``backgrounds`` are those that links are read on; ``towards`` is what helps there.
    """

    backgrounds: tuple[str, ...]  # --bg, --surface, --hover, --ok-bg
    text: str
    towards: str


LIGHT = Scheme(("#ffffff", "#f6f6f4", "#ededea", "#e6f4ec"), "#1b1b1a", "#000000")
DARK = Scheme(("#171716", "#1f1f1e", "#2a2a28", "#15301f"), "#f1f0eb", "#ffffff")
_ON_ACCENT = ("#ffffff", "#171716")


def accent_css(accent: str) -> str:
    """The style sheet that puts a colour, ``#rrggbb``, in place of ours.

    Raises:
        InvalidSettingError: It is no such colour.
    """
    (light, on_light), (dark, on_dark) = (fitted(read(accent), s) for s in (LIGHT, DARK))
    one, other = written(light), written(dark)
    both = _variables(f"light-dark({one}, {other})", f"light-dark({on_light}, {on_dark})")
    return (
        f":root {{ {_variables(one, on_light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(other, on_dark)} }} }}\n"
        f".signedin {{ {both} }}\n"
    )


def _variables(accent: str, on_accent: str) -> str:
    return f"--accent: {accent}; --focus: {accent}; --on-accent: {on_accent};"


def fitted(accent: Colour, scheme: Scheme) -> tuple[Colour, str]:
    """The colour nearest to an accent that can be read in a scheme, and what is read on it."""
    steps = (mixed(read(scheme.towards), accent, step / 100) for step in range(101))
    return next(
        (rounded, on_accent)
        for rounded in (read(written(step)) for step in steps)
        for on_accent in _ON_ACCENT
        if min(_contrasts(rounded, read(on_accent), scheme)) >= CONTRAST
    )


def _contrasts(accent: Colour, on_accent: Colour, scheme: Scheme) -> Iterator[float]:
    """Of each pair that ``app.css`` makes of the accent."""
    text, page = read(scheme.text), read(scheme.backgrounds[0])
    for background in scheme.backgrounds:
        yield contrast(accent, read(background))
    yield contrast(on_accent, accent)
    yield contrast(on_accent, mixed(accent, text, 0.88))  # a button under the pointer
    yield contrast(mixed(accent, text, 0.8), mixed(accent, page, 0.18))  # the initials
