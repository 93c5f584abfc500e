"""The wallet of an account."""

from typing import Any, cast

import strawberry

from domain.kernel.scope import Scope
from schema.kernel.context import Info
from schema.wallet import loaders
from schema.wallet.types import Wallet


async def wallet_of_account(root: strawberry.Parent[Any], info: Info, scope: Scope) -> Wallet | None:
    """Read together with the wallets of all other accounts of the answer; null when it has none."""
    return cast(Wallet | None, await info.context.load(loaders.wallets_of_accounts, root.id))
