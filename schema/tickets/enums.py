"""Enums of tickets."""

import strawberry

from domain.tickets.states import TicketPriority, TicketState

strawberry.enum(TicketState, description="State of a ticket (TMF621).")
strawberry.enum(TicketPriority, description="Urgency.")

__all__ = ["TicketPriority", "TicketState"]
