"""The front door: alerts come in here, and whoever is curious gets answers. It fires triggers and decides nothing."""

from .app import create_app
from .dashboard import Dashboard
from .server import CannotListen, serve
from .webhook import Core

__all__ = ["CannotListen", "Core", "Dashboard", "create_app", "serve"]
