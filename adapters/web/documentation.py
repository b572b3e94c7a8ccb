"""What `/schema` says about the webhook, which reads its body by itself and so cannot be described by its signature."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)
from msgspec import Struct

from fsm.commands import Side

from .payload import ID_LENGTH
from .webhook import MAX_BODY, Answer

TEXT = Schema(type=OpenAPIType.STRING)
NUMBER = Schema(type=OpenAPIType.NUMBER)

ALERT = Schema(
    type=OpenAPIType.OBJECT,
    description=f"At most {MAX_BODY} bytes. Unknown fields are ignored; the content type is not looked at.",
    required=["signal", "symbol", "timestamp", "signal_id"],
    properties={
        "signal": Schema(type=OpenAPIType.STRING, enum=[side.value for side in Side], description="In any case."),
        "symbol": Schema(type=OpenAPIType.STRING, description="BTC/USDT, BTCUSDT or BINANCE:BTCUSDT."),
        "timestamp": Schema(
            one_of=[TEXT, NUMBER],
            description="ISO 8601 (UTC where no zone is given) or milliseconds since 1970, as a number or as text.",
        ),
        "signal_id": Schema(
            type=OpenAPIType.STRING, min_length=1, max_length=ID_LENGTH, description="Different for every signal."
        ),
        "price": Schema(one_of=[NUMBER, TEXT], description="More than 0; for the record, never traded on."),
        "strategy": Schema(type=OpenAPIType.STRING, description="For the record."),
        "secret": Schema(
            type=OpenAPIType.STRING, description="The webhook secret, where neither header nor path can carry it."
        ),
    },
)

RESPONSES = {
    200: ResponseSpec(
        Answer, description="A duplicate, or refused at once; the reasons say why.", generate_examples=False
    ),
    202: ResponseSpec(Answer, description="Accepted, and durable.", generate_examples=False),
    400: ResponseSpec(Answer, description="The body ended early.", generate_examples=False),
    401: ResponseSpec(Answer, description="Wrong or missing secret.", generate_examples=False),
    408: ResponseSpec(Answer, description="The body came too slowly.", generate_examples=False),
    413: ResponseSpec(Answer, description="The body is too long.", generate_examples=False),
    422: ResponseSpec(Answer, description="What is wrong with which field.", generate_examples=False),
    429: ResponseSpec(Answer, description="Too many; Retry-After says how long to wait.", generate_examples=False),
    503: ResponseSpec(Answer, description="Not kept: send it again after Retry-After.", generate_examples=False),
}

PICTURES = {
    200: ResponseSpec(str, description="SVG, Mermaid or DOT.", media_type="image/svg+xml", generate_examples=False)
}
SCHEMES: dict[str, SecurityScheme | Reference] = {
    "webhookSecret": SecurityScheme(type="apiKey", name="X-Webhook-Secret", security_scheme_in="header"),
    "dashboardToken": SecurityScheme(type="http", scheme="bearer"),
}


class Refusal(Struct, frozen=True):
    """How everything but the webhook says no."""

    status_code: int
    detail: str


def _guarded(description: str, media_type: str, also: dict[int, str] | None = None) -> dict[int, ResponseSpec]:
    """The answers of what only visitors with the token may see."""
    refusals = {
        401: "A token is needed: ?token=... once, or Authorization: Bearer.",
        404: "There is no DASHBOARD_TOKEN, and you are not at this machine.",
        429: "Too many wrong tokens; Retry-After says how long to wait.",
        **(also or {}),
    }
    return {
        200: ResponseSpec(str, description=description, media_type=media_type, generate_examples=False),
        **{
            status: ResponseSpec(Refusal, description=text, generate_examples=False)
            for status, text in refusals.items()
        },
    }


PAGE = _guarded("The page; it is told the rest by /events.", "text/html")
EVENTS = _guarded(
    "Server-sent events: JSON objects with the sections that changed.", "text/event-stream", {503: "Too many watch."}
)
METRICS = _guarded("Prometheus' text format.", "text/plain")


@dataclass
class DiagramOperation(Operation):
    """Its answer has the type that was asked for."""

    def __post_init__(self) -> None:
        drawn = (self.responses or {}).get("200")
        if isinstance(drawn, OpenAPIResponse) and drawn.content is not None:
            drawn.content["text/plain"] = OpenAPIMediaType(schema=TEXT)


@dataclass
class WebhookOperation(Operation):
    """The body by hand; the rest as Litestar found it."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=ALERT),
                "text/plain": OpenAPIMediaType(schema=TEXT),
            },
        )
