"""Pages for development only: the inbox; mounted in development and answered to this machine alone."""

from api.dev.inbox import routes

__all__ = ["routes"]
