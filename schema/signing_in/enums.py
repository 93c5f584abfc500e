"""Enums of signing in."""

import strawberry

from domain.kernel.identifiers import Channel

strawberry.enum(Channel, name="OtpChannel", description="Where a code is sent.")
OtpChannel = Channel

__all__ = ["OtpChannel"]
