"""The documented columns are the real ones, and no header means two things."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import pytest

from domain.imports.columns import ACCOUNTS, HOLDERS, SIMS, USAGE, Column, as_table
from domain.imports.words import BARRINGS, DIRECTIONS, PAYMENT_MODES, REASONS, SERVICES, STATUSES, by_key, key
from domain.sims.intake import NewSim

DOCUMENT = Path(__file__).parents[3] / "docs" / "importing.md"


@pytest.mark.parametrize("columns", [ACCOUNTS, SIMS, HOLDERS, USAGE])
def test_the_documentation_shows_the_columns(columns: Sequence[Column]) -> None:
    assert as_table(columns) in DOCUMENT.read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [ACCOUNTS, SIMS, HOLDERS, USAGE])
def test_a_header_means_one_column(columns: Sequence[Column]) -> None:
    headers = [key(header) for column in columns for header in (column.name, *column.aliases)]

    assert len(headers) == len(set(headers))


@pytest.mark.parametrize("words", [BARRINGS, DIRECTIONS, PAYMENT_MODES, REASONS, SERVICES, STATUSES])
def test_a_word_means_one_thing(words: dict) -> None:  # type: ignore[type-arg]
    spellings = [{key(word) for word in (meaning.value, *others)} for meaning, others in words.items()]

    assert sum(map(len, spellings)) == len(by_key(words))


def test_every_value_of_a_card_has_a_column() -> None:
    derived = {"id", "organization_id", "account_id", "path", "barred_by", "cost_centre_id", "plan_id", "codes"}

    assert {field.name for field in fields(NewSim)} - derived <= {column.name for column in SIMS}
