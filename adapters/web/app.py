"""The HTTP interface as an ASGI application: its routes, and headers that keep browsers careful."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import structlog
from litestar import Litestar, Response, get, post
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import FromQuery
from litestar.types import Message, Scope

from fsm import diagram

from ..health import Health, Vitals, health
from ..settings import Settings
from .diagram import render
from .documentation import PICTURES, RESPONSES, WebhookOperation
from .webhook import MAX_BODY, Answer, AnyRequest, Core, Webhook

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
Format = Literal["svg", "mermaid", "dot"]
log = structlog.get_logger()


def _nobody(text: str) -> None:
    """Bad alerts are in the log; there is nobody else to tell."""


def create_app(
    core: Core,
    settings: Settings,
    vitals: Vitals,
    clock: Callable[[], float],
    on_bad_alert: Callable[[str], None] = _nobody,
) -> Litestar:
    """`clock` gives seconds since the epoch. `on_bad_alert` is told of alerts that a sender who knows the secret got
    wrong and will not send again; it must return at once and not raise."""
    door = Webhook(core, settings, vitals, clock, on_bad_alert)

    @post(
        ["/webhook", "/webhook/{secret:str}"],
        status_code=202,
        request_max_body_size=MAX_BODY,
        operation_class=WebhookOperation,
        responses=RESPONSES,
        security=[{"webhookSecret": []}, {}],
        summary="A signal: BUY opens, SELL closes",
    )
    async def webhook(request: AnyRequest) -> Response[Answer]:
        return await door.receive(request)

    @get("/health", sync_to_thread=False, summary="How the bot is")
    def report() -> Health:
        return health(core.bot, vitals, settings, clock())

    @get("/diagram", sync_to_thread=False, responses=PICTURES, summary="The lifecycle, drawn from its table")
    def picture(format: FromQuery[Format] = "svg") -> Response[str]:
        if format == "dot":
            return Response(diagram.dot(), media_type="text/plain")
        if format == "mermaid":
            return Response(diagram.mermaid(), media_type="text/plain")
        return Response(render(diagram.mermaid()), media_type="image/svg+xml")

    return Litestar(
        [webhook, report, picture],
        debug=False,
        pdb_on_exception=False,
        logging_config=None,  # Litestar's would put httpx at INFO, and with it a Telegram token into the log
        openapi_config=OpenAPIConfig(
            title="Auto-Trader",
            version="1.0.0",
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],  # the others load scripts from elsewhere
            components=Components(
                security_schemes={
                    "webhookSecret": SecurityScheme(type="apiKey", name="X-Webhook-Secret", security_scheme_in="header")
                }
            ),
        ),
        before_send=[_harden],
        after_exception=[_report],
    )


async def _harden(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers[name] = value


async def _report(error: Exception, scope: Scope) -> None:
    """A bug of ours, or the journal is gone: the sender gets a bare 500, we get to see why."""
    if not isinstance(error, HTTPException):
        log.error("request_failed", route=scope.get("path_template", "?"), exc_info=error)
