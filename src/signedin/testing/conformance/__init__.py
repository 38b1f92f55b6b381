"""The tests that a store must pass: subclass each class, and say how your store is opened.

They are the tests of our own stores. They need pytest.
"""

from __future__ import annotations

import pytest

_MODULES = (
    *("base", "ends", "keeps_caps", "keeps_data", "keeps_organizations", "keeps_policies"),
    *("notes_uses", "purges", "rotates", "stays_fresh"),
)
pytest.register_assert_rewrite(*(f"{__name__}.{module}" for module in _MODULES))

from signedin.testing.conformance.ends import Ends  # noqa: E402 - after the line above
from signedin.testing.conformance.keeps_caps import KeepsCaps  # noqa: E402
from signedin.testing.conformance.keeps_data import KeepsData  # noqa: E402
from signedin.testing.conformance.keeps_organizations import KeepsOrganizations  # noqa: E402
from signedin.testing.conformance.keeps_policies import KeepsPolicies  # noqa: E402
from signedin.testing.conformance.notes_uses import NotesUses  # noqa: E402
from signedin.testing.conformance.purges import Purges  # noqa: E402
from signedin.testing.conformance.rotates import Rotates  # noqa: E402
from signedin.testing.conformance.stays_fresh import StaysFresh  # noqa: E402

__all__ = [
    "Ends",
    "KeepsCaps",
    "KeepsData",
    "KeepsOrganizations",
    "KeepsPolicies",
    "NotesUses",
    "Purges",
    "Rotates",
    "StaysFresh",
]
