"""Batched reads of the owners of wallets, whom whoever sees a wallet sees named."""

from collections.abc import Mapping
from typing import Any

from domain.kernel.ids import Kind, Ref
from schema.accounts.loaders import accounts_named
from schema.kernel.context import Context
from schema.sims.loaders import sims_named

NAMED: Mapping[Kind, Any] = {Kind.ACCOUNT: accounts_named, Kind.SIM: sims_named}


async def owners(context: Context, refs: list[Ref]) -> list[Any]:
    """The account or the line behind each reference."""
    found: dict[Ref, Any] = {}
    for kind, load in NAMED.items():
        of_kind = [ref for ref in refs if ref.kind is kind]
        if of_kind:
            found |= zip(of_kind, await context.loaders.load_many(load, [ref.id for ref in of_kind]), strict=True)
    return [found[ref] for ref in refs]
