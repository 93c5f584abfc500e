"""Enums of the catalogue."""

import strawberry

from domain.catalogue.tables import ActivationMode, OfferingCategory

strawberry.enum(ActivationMode, description="When something starts.")
strawberry.enum(OfferingCategory, description="Kind of an offering.")

__all__ = ["ActivationMode", "OfferingCategory"]
