"""Each key of an application's data stands alone; what was changed is known, and bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signedin.core.app_data import DATA_SIZE, AppData, DataChange, merged
from signedin.core.errors import DataTooLargeError

KEYS = st.sampled_from(["cart", "flash", "user", "state"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
DATA = st.dictionaries(KEYS, VALUES)


def held(**values: Any) -> AppData:
    return AppData(lambda: json.dumps(values))


@given(before=DATA, wanted=DATA)
def test_what_an_application_did_is_what_is_kept(
    before: dict[str, Any], wanted: dict[str, Any]
) -> None:
    text = json.dumps(before)
    data = AppData(lambda: text)
    for key in list(data):
        if key not in wanted:
            del data[key]
    data.update(wanted)

    change = data.change()
    kept = text if change is None else merged(text, change)

    assert json.loads(kept or "{}") == wanted


@given(before=DATA, one=DATA, other=DATA)
def test_two_requests_that_change_other_keys_both_have_their_way(
    before: dict[str, Any], one: dict[str, Any], other: dict[str, Any]
) -> None:
    other = {key: value for key, value in other.items() if key not in one}
    text: str | None = json.dumps(before)

    for change in (one, other):
        text = merged(text, DataChange(change))

    assert json.loads(text or "{}") == {**before, **one, **other}


def test_a_change_inside_a_value_is_one() -> None:
    data = held(cart=[1], flash="hello")

    data["cart"].append(2)

    assert data.change() == DataChange({"cart": [1, 2]})


def test_what_is_only_looked_at_is_no_change_and_what_is_not_looked_at_is_not_read() -> None:
    data = held(cart=[1])
    assert data["cart"] == [1]
    assert data.change() is None

    def fail() -> str:
        raise AssertionError("nobody asked")

    assert AppData(fail).change() is None


def test_what_is_put_back_as_it_was_is_no_change() -> None:
    data = held(cart=[1])
    data["cart"] = [1]
    assert data.change() is None


def test_nothing_left_is_nothing_kept() -> None:
    assert merged('{"cart":1}', DataChange({}, frozenset({"cart"}))) is None


def test_what_is_too_large_is_refused_with_the_sizes() -> None:
    assert merged(None, DataChange({"k": "x" * (DATA_SIZE - 8)})) is not None
    with pytest.raises(DataTooLargeError, match=rf"may take {DATA_SIZE} bytes .* {DATA_SIZE + 1}"):
        merged(None, DataChange({"k": "x" * (DATA_SIZE - 7)}))


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        merged(None, DataChange({"k": value}))
