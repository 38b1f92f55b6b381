"""What an application keeps in a session: a JSON object, of which each key stands alone.

Two requests may change a session's data at the same time. What each writes is not the whole,
but the keys that it changed; of two that change the same key, the later one wins.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from signedin.core.errors import DataTooLargeError

DATA_SIZE = 65_536  # bytes of JSON
_WHOLE = {str, int, float, bool, type(None)}  # nothing inside them can be changed


@dataclass(frozen=True, slots=True)
class DataChange:
    """The keys that were set, with their values, and those that were removed."""

    put: Mapping[str, Any]
    removed: frozenset[str] = frozenset()


def merged(text: str | None, change: DataChange) -> str | None:
    """A session's data after a change; ``None`` if nothing is left.

    Raises:
        DataTooLargeError: It would take more than ``DATA_SIZE``.
        TypeError, ValueError: A value is nothing that JSON can hold.
    """
    values = _loads(text)
    for key in change.removed:
        values.pop(key, None)
    values.update(change.put)
    if not values:
        return None
    made = _dumps(values)
    if len(made) > DATA_SIZE:
        raise DataTooLargeError(
            f"A session's data may take {DATA_SIZE} bytes as JSON; this would be {len(made)}. "
            "Keep large things in a table of your own, and their key here."
        )
    return made


def difference(text: str | None, now: Mapping[str, Any]) -> DataChange | None:
    """What was changed in a session's data since it was read; ``None``: nothing.

    Raises:
        TypeError, ValueError: A value is nothing that JSON can hold.
    """
    before = {key: _dumps(value) for key, value in _loads(text).items()}
    put = {key: value for key, value in now.items() if before.get(key) != _dumps(value)}
    removed = frozenset(before.keys() - now.keys())
    return DataChange(put, removed) if put or removed else None


class AppData(MutableMapping[str, Any]):
    """A session's data, read when it is first looked at; knows what was changed since.

    Args:
        load: Reads the data as it is now, as JSON.
        encode: Makes of each value what JSON can hold, if it may be something else; ``decode``
            is its way back.
    """

    incidental: frozenset[str] = frozenset()  # keys for which alone no visitor gets a session

    def __init__(
        self,
        load: Callable[[], str | None],
        *,
        encode: Callable[[Any], Any] | None = None,
        decode: Callable[[Any], Any] | None = None,
    ) -> None:
        self._load = load
        self._encode = encode
        self._decode = decode
        self._values: dict[str, Any] | None = None
        self._text: str | None = None  # as it was read
        self._is_touched = False  # a key was set or removed

    def change(self) -> DataChange | None:
        """What was changed since it was read, inside the values too; ``None``: nothing."""
        values = self._values
        if values is None or not (
            self._is_touched or any(map(_may_change_inside, values.values()))
        ):
            return None  # what most requests do, found out at once
        return difference(self._text, self._encoded())

    def as_json(self) -> str | None:
        """All of it as it is now, for a session that begins with it."""
        return merged(None, DataChange(self._encoded()))

    @property
    def _held(self) -> dict[str, Any]:
        if self._values is None:
            self._text = self._load()
            kept, decode = _loads(self._text), self._decode
            self._values = kept if decode is None else {k: decode(v) for k, v in kept.items()}
        return self._values

    def _encoded(self) -> dict[str, Any]:
        held, encode = self._held, self._encode
        return held if encode is None else {key: encode(value) for key, value in held.items()}

    def __getitem__(self, key: str) -> Any:
        return self._held[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._held[key] = value
        self._is_touched = True

    def __delitem__(self, key: str) -> None:
        del self._held[key]
        self._is_touched = True

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def _may_change_inside(value: Any) -> bool:
    return type(value) not in _WHOLE


_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _loads(text: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {} if text is None else json.loads(text)
    return values
