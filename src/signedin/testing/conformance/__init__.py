"""The tests that a store must pass: subclass each class, and say how your store is opened.

They are the tests of our own stores. They need pytest.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(
    *(f"{__name__}.{module}" for module in ("ends", "keeps_data", "rotates"))
)

from signedin.testing.conformance.ends import Ends  # noqa: E402 - after the line above
from signedin.testing.conformance.keeps_data import KeepsData  # noqa: E402
from signedin.testing.conformance.rotates import Rotates  # noqa: E402

__all__ = ["Ends", "KeepsData", "Rotates"]
