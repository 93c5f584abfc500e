"""What a client may send about SIM cards."""

from datetime import datetime
from enum import StrEnum

import strawberry

from domain.kernel.errors import InvalidInput
from domain.kernel.ids import Kind, decode_as
from domain.sims import filters
from domain.sims.selection import SimSelection
from schema.accounts.enums import PaymentMode
from schema.kernel.scalars import ICCID, IMSI, MSISDN
from schema.sims.enums import SimSortKey, SimStatus

MOST_IDS = 50
MOST_TAGS = 20


@strawberry.enum(description="Direction of a sort; ties are broken by id.")
class SortDirection(StrEnum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


@strawberry.input(description="Order of SIM cards.")
class SimSortInput:
    """A key and a direction."""

    key: SimSortKey = strawberry.field(default=filters.SimSortKey.MSISDN, description="By what.")
    direction: SortDirection = strawberry.field(default=SortDirection.ASC, description="Which way.")

    def to_sort(self) -> filters.SimSort:
        """The domain's order."""
        return filters.SimSort(self.key, self.direction is SortDirection.DESC)


@strawberry.input(description="Which SIM cards; all given conditions hold.")
class SimFilterInput:
    """Absent or null conditions don't count."""

    account_id: strawberry.ID | None = strawberry.field(default=None, description="Under this account and below.")
    statuses: list[SimStatus] | None = strawberry.field(default=None, description="In one of these states.")
    payment_mode: PaymentMode | None = strawberry.field(default=None, description="Payment mode.")
    plan_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="On one of these plans, at most 50.")
    tags: list[str] | None = strawberry.field(default=None, description="With all of these tags, at most 20.")
    cost_centre_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Booked on one of these cost centres, at most 50."
    )
    group_id: strawberry.ID | None = strawberry.field(default=None, description="In this group.")
    idle_since: datetime | None = strawberry.field(default=None, description="Without traffic since.")
    bucket_ends_before: datetime | None = strawberry.field(
        default=None, description="With a bucket that ends or runs dry before: waiting for renewal."
    )
    has_debt: bool | None = strawberry.field(default=None, description="With debt only.")

    def to_filter(self) -> filters.SimFilter:
        """The domain's filter; too many values are `InvalidInput`."""
        for name, given, most in (
            ("planIds", self.plan_ids, MOST_IDS), ("tags", self.tags, MOST_TAGS), ("costCentreIds", self.cost_centre_ids, MOST_IDS),
        ):  # fmt: skip
            if given is not None and len(given) > most:
                raise InvalidInput("error.too_many", field=("filter", name), most=most)
        return filters.SimFilter(
            account_id=decode_as(Kind.ACCOUNT, self.account_id, "filter", "accountId") if self.account_id else None,
            statuses=self.statuses,
            payment_mode=self.payment_mode,
            plan_ids=[decode_as(Kind.OFFERING, id, "filter", "planIds") for id in self.plan_ids] if self.plan_ids is not None else None,
            tags=self.tags,
            cost_centre_ids=(
                [decode_as(Kind.COST_CENTRE, id, "filter", "costCentreIds") for id in self.cost_centre_ids]
                if self.cost_centre_ids is not None
                else None
            ),
            group_id=decode_as(Kind.GROUP, self.group_id, "filter", "groupId") if self.group_id else None,
            idle_since=self.idle_since,
            bucket_ends_before=self.bucket_ends_before,
            has_debt=self.has_debt,
        )


@strawberry.input(one_of=True, description="SIM cards to act on: up to 100 ids act at once, anything else runs as a job.")
class SimSelectionInput:
    """Exactly one of its fields."""

    ids: list[strawberry.ID] | None = strawberry.field(default=strawberry.UNSET, description="These cards, at most 250.")
    filter: SimFilterInput | None = strawberry.field(default=strawberry.UNSET, description="All that match.")
    group_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="All of a group.")
    upload_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Numbers or ICCIDs in an uploaded CSV or XLSX."
    )

    def to_selection(self) -> SimSelection:
        """The domain's selection; an id of another kind is `NotFound`, none or more than 250 are `InvalidInput`."""
        if self.filter:
            return SimSelection(filter=self.filter.to_filter())
        if self.group_id:
            return SimSelection(filter=filters.SimFilter(group_id=decode_as(Kind.GROUP, self.group_id, "sims", "groupId")))
        if self.upload_id:
            return SimSelection(upload_id=decode_as(Kind.UPLOAD, self.upload_id, "sims", "uploadId"))
        return SimSelection([decode_as(Kind.SIM, id, "sims", "ids") for id in self.ids or ()])


@strawberry.input(one_of=True, description="One way to name a SIM card.")
class SimKeyInput:
    """Exactly one of its fields."""

    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Global id.")
    msisdn: MSISDN | None = strawberry.field(default=strawberry.UNSET, description="Number.")
    iccid: ICCID | None = strawberry.field(default=strawberry.UNSET, description="Card serial.")
    imsi: IMSI | None = strawberry.field(default=strawberry.UNSET, description="Subscriber identity.")
