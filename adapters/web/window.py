"""The routes of the dashboard and the metrics: for looking only, and only for whom `visitors` admits."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from litestar import Request, Response, get
from litestar.exceptions import ServiceUnavailableException
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from ..metrics import Metrics
from .dashboard import Dashboard
from .dashboard.lifecycle import TALL, WIDE, draw
from .dashboard.stream import Full
from .documentation import EVENTS, METRICS, PAGE
from .visitors import Visitors

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
ASSETS = {"/dashboard.css": "text/css", "/dashboard.js": "text/javascript", "/charts.js": "text/javascript"}
COMMON: dict[str, Any] = {"sync_to_thread": False, "security": [{"dashboardToken": []}]}
AnyRequest = Request[Any, Any, Any]


def dashboard_routes(dashboard: Dashboard, visitors: Visitors) -> list[HTTPRouteHandler]:
    page = _page()

    @get("/", guards=[visitors.admit], responses=PAGE, summary="The dashboard", **COMMON)
    def look(request: AnyRequest) -> Response[str]:
        cookie = visitors.cookie(request)
        return Response(
            page,
            media_type="text/html",
            headers={"Content-Security-Policy": PAGE_POLICY},
            cookies=[cookie] if cookie else None,
        )

    @get("/events", guards=[visitors.admit], responses=EVENTS, summary="What the page is told", **COMMON)
    def events() -> Stream:
        try:
            return Stream(dashboard.watch(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        except Full:
            raise ServiceUnavailableException("too many are watching", headers={"Retry-After": "10"}) from None

    assets = [_asset(path, media_type, visitors) for path, media_type in ASSETS.items()]
    return [look, events, *assets]


def metrics_route(metrics: Metrics, visitors: Visitors) -> HTTPRouteHandler:
    @get("/metrics", guards=[visitors.admit], responses=METRICS, summary="For Prometheus", **COMMON)
    def scrape() -> Response[bytes]:
        return Response(metrics.scrape(), media_type=metrics.content_type)

    return scrape


def _page() -> str:
    return _file("page.html").replace("<!--lifecycle-->", draw(WIDE) + draw(TALL))


def _asset(path: str, media_type: str, visitors: Visitors) -> HTTPRouteHandler:
    text = _file(path.strip("/"))

    @get(path, sync_to_thread=False, guards=[visitors.admit], include_in_schema=False)
    def asset() -> Response[str]:
        return Response(text, media_type=media_type)

    return asset


def _file(name: str) -> str:
    return files(f"{__package__}.dashboard").joinpath(name).read_text("utf-8")
