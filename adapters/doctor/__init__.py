"""The preflight: everything that can be known to be wrong before the first signal comes.

    findings = await examine(settings, time.time)      # a line a check, for people
    reasons = await refusals(settings, time.time)      # why a live bot must not start; nothing in other modes

Law: a check says what it saw and what to do about it, and never shows a secret.
Law: only what was *proven* keeps a bot from starting. A venue that does not answer proves nothing: a restarted bot must
be able to look after its position the moment the venue is back.
"""

from .examination import Find, examine, key_troubles, refusals
from .findings import Finding, Level
from .table import render
from .venues import venue_of

__all__ = ["Find", "Finding", "Level", "examine", "key_troubles", "refusals", "render", "venue_of"]
