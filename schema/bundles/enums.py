"""Enums of bundles."""

import strawberry

from domain.bundles.tables import BucketStatus, ProductStatus

strawberry.enum(BucketStatus, description="State of a bucket.")
strawberry.enum(ProductStatus, description="State of a product (TMF637).")

__all__ = ["BucketStatus", "ProductStatus"]
