"""What the fronts of all venues share: the way of a request past the faults."""

import asyncio
from collections.abc import Awaitable, Callable

from adapters.simulator.exchange import SimulatedExchange
from adapters.simulator.faults import Execution, Fault
from adapters.simulator.http import Reply, Request


class Front:
    """Speaks for a venue over HTTP. One per server; `aclose` when the server stops."""

    prefix = "/"

    def __init__(self, venue: SimulatedExchange) -> None:
        self._venue = venue
        self._late: set[asyncio.Task[Reply]] = set()

    async def handle(self, request: Request) -> Reply:
        """Answer a request, as honestly as the faults allow."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Forget the requests that are still to be executed late."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _past_faults(self, request: Request, process: Callable[[Fault], Awaitable[Reply]]) -> Reply:
        """Process a request now, later or never, and answer what the fault that strikes it leaves to be seen."""
        fault = self._venue.faults.take(request.method, request.path)
        if fault.execution is Execution.LATE:
            task = asyncio.ensure_future(process(fault))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return fault.disguise(Reply())
        reply = await process(fault)
        if fault.lag:
            await asyncio.sleep(fault.lag)
        return fault.disguise(reply)
