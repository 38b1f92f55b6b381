"""Each rule that a mutation takes out is still in the code, so that it can be taken out."""

from __future__ import annotations

from tools.mutations import MUTATIONS, places_of


def test_the_text_of_every_rule_is_in_the_code_exactly_once() -> None:
    assert [mutation.rule for mutation in MUTATIONS if places_of(mutation) != 1] == []


def test_no_two_rules_have_one_name() -> None:
    rules = [mutation.rule for mutation in MUTATIONS]

    assert len(set(rules)) == len(rules)
