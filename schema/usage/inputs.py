"""What a client may send about usage."""

import strawberry

from domain.kernel.errors import InvalidInput
from domain.usage.queries import UsageFilter
from schema.kernel.figures import PeriodInput, UsageType
from schema.usage.enums import UsageDirection

LONGEST_NUMBER = 40


@strawberry.input(description="Which usage records; who sees a value masked can't filter, search or sort by it.")
class UsageFilterInput:
    """All given conditions hold."""

    during: PeriodInput | None = strawberry.field(default=None, description="Started within.")
    services: list[UsageType] | None = strawberry.field(default=None, description="Of these services.")
    direction: UsageDirection | None = strawberry.field(default=None, description="Direction of the traffic.")
    is_roaming: bool | None = strawberry.field(default=None, description="Roaming or not.")
    is_included: bool | None = strawberry.field(default=None, description="Covered by a bundle, or charged beyond.")
    other_party: str | None = strawberry.field(default=None, description="Part of the other number.")

    def to_filter(self) -> UsageFilter:
        """The domain's filter; a longer text than any number is `InvalidInput`."""
        if self.other_party is not None and len(self.other_party) > LONGEST_NUMBER:
            raise InvalidInput("error.too_many", field=("filter", "otherParty"), most=LONGEST_NUMBER)
        return UsageFilter(
            starts_at=self.during.starts_at if self.during else None,
            ends_at=self.during.ends_at if self.during else None,
            services=tuple(dict.fromkeys(self.services)) if self.services is not None else None,
            direction=self.direction,
            is_roaming=self.is_roaming,
            is_included=self.is_included,
            other_party=self.other_party,
        )
