"""A small company in memory that answers the app's documents: for screenshots, for tests, and for a look without a server."""

from mobile.demo.ground import CODE, NOW, PASSWORD
from mobile.demo.server import DemoServer

__all__ = ["CODE", "NOW", "PASSWORD", "DemoServer"]
