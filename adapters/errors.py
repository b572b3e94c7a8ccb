"""What one adapter may raise and another has to understand."""

from __future__ import annotations


class NotPersisted(Exception):
    """The journal could not take a decision, so it does not count: whoever asked has to ask again."""
