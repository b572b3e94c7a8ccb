"""The HTTP interface as an ASGI application: its routes, and headers that keep browsers careful."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Literal

import structlog
from litestar import Litestar, Response, get, post
from litestar.datastructures import MutableScopeHeaders
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components
from litestar.params import FromQuery
from litestar.types import Message, Scope

from fsm import diagram

from ..health import Health, Vitals, health
from ..metrics import Metrics
from ..settings import Settings
from .dashboard import Dashboard
from .diagram import render
from .documentation import PICTURES, RESPONSES, SCHEMES, DiagramOperation, WebhookOperation
from .visitors import Visitors
from .webhook import MAX_BODY, Answer, AnyRequest, Core, Webhook
from .window import dashboard_routes, metrics_route

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OWN = ("Content-Security-Policy",)  # a page may have a policy of its own; each of ours is strict
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
    dashboard: Dashboard | None = None,
    metrics: Metrics | None = None,
) -> Litestar:
    """`clock` gives seconds since the epoch. `on_bad_alert` is told of alerts that a sender who knows the secret got
    wrong and will not send again; it must return at once and not raise. The app runs `dashboard` and `metrics` while
    it lives; whoever stops the server calls `dashboard.close()` first."""
    door = Webhook(core, settings, vitals, clock, on_bad_alert, metrics)
    visitors = Visitors(settings, clock)

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

    @get(
        "/diagram",
        sync_to_thread=False,
        operation_class=DiagramOperation,
        responses=PICTURES,
        summary="The lifecycle, drawn from its table",
    )
    def picture(format: FromQuery[Format] = "svg") -> Response[str]:
        if format == "dot":
            return Response(diagram.dot(), media_type="text/plain")
        if format == "mermaid":
            return Response(diagram.mermaid(), media_type="text/plain")
        return Response(render(diagram.mermaid()), media_type="image/svg+xml")

    routes: list[HTTPRouteHandler] = [webhook, report, picture]
    if dashboard:
        routes += dashboard_routes(dashboard, visitors)
    if metrics:
        routes.append(metrics_route(metrics, visitors))
    return Litestar(
        routes,
        lifespan=[_while_it_lives(part) for part in (dashboard, metrics) if part],
        debug=False,
        pdb_on_exception=False,
        logging_config=None,  # Litestar's would put httpx at INFO, and with it a Telegram token into the log
        openapi_config=OpenAPIConfig(
            title="Auto-Trader",
            version="1.0.0",
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],  # the others load scripts from elsewhere
            components=Components(security_schemes=SCHEMES),
        ),
        before_send=[_harden],
        after_exception=[_report],
    )


def _while_it_lives(part: Dashboard | Metrics) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    return lambda _app: part.running()


async def _harden(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            if name not in OWN or name not in headers:
                headers[name] = value


async def _report(error: Exception, scope: Scope) -> None:
    """A bug of ours, or the journal is gone: the sender gets a bare 500, we get to see why."""
    if not isinstance(error, HTTPException):
        log.error("request_failed", route=scope.get("path_template", "?"), exc_info=error)
