"""A use of a session as the values of its statements; the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from signedin.core.place import Place, to_dict
from signedin.core.session import USER_AGENT_LENGTH
from signedin.service.ports import Use
from signedin.service.start import bounded, bounded_hints
from signedin.stores.reads import Execute
from signedin.stores.rows import to_json, to_number


def use_values(use: Use, find_place: Callable[[str | None], Place]) -> dict[str, Any]:
    """What is written of a use; with a ``place`` if it is from somewhere new."""
    values: dict[str, Any] = {
        "id": use.session_id,
        "at": to_number(use.at),
        "address": use.address,
    }
    if use.seen is not None:
        values["address"] = use.seen.ip_address
        values["place"] = place_text(use.seen.ip_address, find_place)
        values["user_agent"] = bounded(use.seen.user_agent, USER_AGENT_LENGTH)
        values["client_hints"] = to_json(bounded_hints(use.seen.client_hints))
    return values


def place_text(address: str | None, find_place: Callable[[str | None], Place]) -> str:
    """Where an address is, as it stands in a row."""
    return to_json(to_dict(find_place(address)))


def write_address(
    execute: Execute, value: dict[str, Any], find_place: Callable[[str | None], Place]
) -> None:
    """Write where a use was from that is written already."""
    value["place"] = place_text(value["address"], find_place)
    execute("insert_place", value)
    execute("write_address", value)


def write_each(
    execute: Execute, uses: Sequence[Use], find_place: Callable[[str | None], Place]
) -> None:
    """Write uses one by one, by session, in a transaction that holds the write lock."""
    for use in sorted(uses, key=lambda use: use.session_id):
        value = use_values(use, find_place)
        if "place" in value:
            execute("insert_client", value)
            execute("insert_place", value)
            execute("write_use_from", value)
        elif execute("write_use", value)[0] in ([(1,)], [(True,)]):
            # Another process saw it elsewhere in the meantime; now it is here again.
            write_address(execute, value, find_place)
