"""The banner after an act, carried through a redirect and proved to be ours.

Without scripts an act answers 303 and the next page shows what happened. What it shows
travels in the address, so it is sealed with the session's own token: a link from
elsewhere cannot make the page claim that something was terminated.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict, dataclass

from signedin.core.session import Receipt
from signedin.core.token import is_proof, proof


@dataclass(frozen=True, slots=True)
class Notice:
    """What to show: its kind, the device it is about, how many, and from when it holds."""

    kind: str  # terminated others password limit
    device: str = ""
    count: int = 0
    already: bool = False
    effective_at: float = 0.0  # seconds since 1970

    @classmethod
    def of(cls, kind: str, receipt: Receipt, device: str = "") -> Notice:
        return cls(
            kind,
            device,
            receipt.ended,
            already=receipt.ended == 0 and receipt.already_ended > 0,
            effective_at=receipt.effective_at.timestamp(),
        )


def seal(notice: Notice, token: str) -> str:
    """The notice as a query value that only this session will believe."""
    text = urlsafe_b64encode(json.dumps(asdict(notice)).encode()).decode()
    return f"{text}.{proof(token, 'notice ' + text)}"


def unseal(value: str | None, token: str) -> Notice | None:
    """The notice, or ``None`` if there is none or it was not sealed for this session."""
    text, _, presented = (value or "").partition(".")
    if not text or not is_proof(token, "notice " + text, presented):
        return None
    return Notice(**json.loads(urlsafe_b64decode(text)))
