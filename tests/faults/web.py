"""Jaga's web application with named points, for a real granian (`tests.faults.web_process`)."""

from tests.faults import points

from jaga.app.asgi import application

points.in_web()

__all__ = ["application"]
