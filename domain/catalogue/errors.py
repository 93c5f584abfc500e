"""What can go wrong with offerings."""

from domain.kernel.errors import DomainError, ErrorCode


class OfferingUnavailable(DomainError):
    """It isn't on sale now, or not for this line."""

    code = ErrorCode.OFFERING_UNAVAILABLE
    default_key = "catalogue.unavailable"
