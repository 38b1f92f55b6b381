"""An app's colour can be read wherever it stands, and the colours around it are those of ours."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import pytest

from signedin.core.errors import InvalidSettingError
from signedin.web.accent import DARK, LIGHT, Scheme, accent_css, contrast, fitted, mixed, read

CSS = (files("signedin.web") / "static/app.css").read_text()
NAMES = ("bg", "surface", "hover", "ok-bg")
COLOURS = [f"#{r}{g}{b}" for r, g, b in itertools.product(("00", "4d", "99", "cc", "ff"), repeat=3)]


def declared(name: str) -> list[str]:
    """A colour of the style sheet: in the light, then in the dark."""
    return re.findall(rf"--{name}: (#\w+);", CSS)


def test_they_are_worked_out_against_the_colours_of_the_style_sheet() -> None:
    for at, scheme in enumerate((LIGHT, DARK)):
        assert scheme.backgrounds == tuple(declared(name)[at] for name in NAMES)
        assert scheme.text == declared("text")[at]


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_is_brought_to_one_that_can_be_read(scheme: Scheme) -> None:
    for colour in COLOURS:
        accent, on_accent = fitted(read(colour), scheme)
        pairs = [(accent, read(background)) for background in scheme.backgrounds]
        pairs.append((accent, read(on_accent)))
        pairs.append((mixed(accent, read(scheme.text), 0.88), read(on_accent)))

        assert min(contrast(*pair) for pair in pairs) >= 4.5, colour


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    light, dark, _ = accent_css("#7a1fa2").splitlines()

    assert "--accent: #7a1fa2; --focus: #7a1fa2; --on-accent: #ffffff;" in light
    assert "--accent: #7a1fa2;" not in dark


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(read("#000000"), read("#ffffff")) == pytest.approx(21)
    assert contrast(read("#777777"), read("#ffffff")) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("text", ["red", "#fff", "#12345g", "#1234567", "", "#fff;}body{}"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidSettingError, match="accent: expected a colour such as"):
        accent_css(text)
