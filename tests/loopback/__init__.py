"""A Hub on the loopback interface: a real HTTP server that the real client libraries can publish to and load from."""

from tests.loopback.server import Call, Hub

__all__ = ["Call", "Hub"]
