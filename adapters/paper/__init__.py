"""Paper trading: the venue's own client at an embedded exchange, which is fed by the venue's live public market data.

    async with market(settings, clock) as venue:
        settings = venue.account(settings)      # address, key and secret of the paper account
        ...                                     # the bot as ever

Nothing else in the bot knows that the money is not real. No key of the real account is used or sent.
"""

from .deed import Mistaken
from .hosts import Forbidden
from .market import PaperVenue, market
from .pace import Pace

__all__ = ["Forbidden", "Mistaken", "Pace", "PaperVenue", "market"]
