"""Which text can stand for a person: whatever an app has, if every database can hold it."""

from __future__ import annotations

import re

from signedin.core.errors import InvalidUserIdError

USER_ID_SIZE = 2000  # bytes in UTF-8; in PostgreSQL's indexes there is room for 2,690

_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # controls and halves of characters


def is_user_id(text: str) -> bool:
    """Whether a person can have this id, and so sessions."""
    return not _UNWRITABLE.search(text) and 0 < len(text.encode()) <= USER_ID_SIZE


def check_user_id(text: str) -> None:
    """Refuse an id that not every database could hold.

    Raises:
        InvalidUserIdError: It is empty, too long, or has characters that cannot be written.
    """
    if not is_user_id(text):
        raise InvalidUserIdError(
            f"A user id takes from 1 to {USER_ID_SIZE} bytes in UTF-8, "
            "and has no control characters."
        )
