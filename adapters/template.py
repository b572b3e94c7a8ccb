"""The text of an alert: what to paste into TradingView, and what is wrong with what was pasted.

Law: a corrected text is one that the webhook would take, whatever TradingView fills in; it is checked by the webhook's
own reading before it is shown.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from msgspec import Struct

from .template_repair import REPAIRS, quote_placeholders
from .web.document import PLACEHOLDERS, BadPayload, Document, Problem, decode
from .web.payload import USUAL_NAMES, read

YOUR_SECRET = "YOUR_SECRET"  # noqa: S105 (to be replaced by a person)
ORDER_ACTION = "{{strategy.order.action}}"
KINDS = {"strategy": ORDER_ACTION, "BUY": "BUY", "SELL": "SELL"}
SAMPLES = {  # what a placeholder may become
    **dict.fromkeys(PLACEHOLDERS, "1.5"),
    "exchange": "BINANCE",
    "interval": "5",
    "time": "2025-01-15T14:25:00Z",
    "timenow": "2025-01-15T14:30:05Z",
    "syminfo.currency": "USDT",
    "syminfo.basecurrency": "BTC",
    "strategy.market_position": "long",
    "strategy.prev_market_position": "flat",
    "strategy.order.action": "buy",
    **{f"strategy.order.{name}": "Long" for name in ("id", "comment", "alert_message")},
    **{f"plot_{n}": "1.5" for n in range(20)},
}
FILLABLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
MOVING = re.compile(r"\{\{\s*(time|timenow)\s*\}\}")  # different at every signal
PINE = re.compile(r"\b(alert|alertcondition|str\.format|strategy\.(entry|close|exit|order))\s*\(|\balert_message\s*=")
SCRIPTED = re.compile(r"\s*\{\{\s*strategy\.order\.alert_message\s*\}\}\s*")
LEAVING = re.compile(r"\b(sell|short|exit|close)\b", re.IGNORECASE)


class Diagnosis(Struct, frozen=True):
    findings: tuple[Problem, ...]  # what would lose alerts
    advice: tuple[str, ...]  # what is worth knowing
    corrected: str


def alert_text(kind: str, strategy: str = "my-strategy", secret: str = YOUR_SECRET) -> str:
    """For the alert of a strategy's orders, or of a condition for BUY or SELL. The id is different at every bar and the
    same when TradingView sends an alert again."""
    return _written(_fields(KINDS[kind], strategy, secret))


def explain(pasted: str, pair: str) -> Diagnosis:
    """`pair` is ours, as BASE/QUOTE."""
    if SCRIPTED.fullmatch(pasted):
        why = "the script writes this text: paste here what its alert_message becomes, and see whether that is right"
        return Diagnosis((), (why,), pasted.strip())
    if PINE.search(pasted):
        why = "is Pine code: paste the text that the script sends; the log of the alert in TradingView shows it"
        return Diagnosis((Problem("body", why),), (), alert_text(_kind(pasted)))
    text, findings = _legible(pasted, pair)
    try:
        document = decode(_bytes(quote_placeholders(text)))
    except BadPayload as bad:
        return Diagnosis(tuple(findings) or bad.problems, (), alert_text(_kind(pasted)))
    findings += _faults(text, document, pair)
    corrected = _corrected(document, pasted, pair)
    return Diagnosis(tuple(findings), tuple(_advice(document)), corrected if findings else pasted.strip())


def _fields(signal: str, strategy: str, secret: str) -> dict[str, Any]:
    side = signal if signal in ("BUY", "SELL") else ORDER_ACTION
    return {
        "secret": secret,
        "signal": signal,
        "symbol": "{{ticker}}",
        "price": "{{close}}",
        "timestamp": "{{timenow}}",
        "strategy": strategy,
        "signal_id": f"{strategy}|{{{{ticker}}}}|{{{{interval}}}}|{{{{time}}}}|{side}",
    }


def _written(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=str)


def _legible(pasted: str, pair: str) -> tuple[str, list[Problem]]:
    """As JSON, if need be after repairs, each of which is a finding."""
    text, findings = pasted, list[Problem]()
    for repair in REPAIRS:
        try:
            decode(_bytes(_filled(text, pair)))
        except BadPayload as bad:
            repaired = repair.apply(text)
            if repaired != text:
                findings.append(Problem("body", repair.why))
            elif repair is REPAIRS[-1] and not findings:
                findings += bad.problems
            text = repaired
    return text, findings


def _faults(text: str, document: Document, pair: str) -> list[Problem]:
    """What the webhook would say, and what it could only say after the second signal."""
    problems: list[Problem] = []
    try:
        read(decode(_bytes(_filled(text, pair))), pair)
    except BadPayload as bad:
        problems += bad.problems
    known = {problem.field for problem in problems}
    return problems + [problem for problem in _in_the_long_run(document, pair) if problem.field not in known]


def _in_the_long_run(document: Document, pair: str) -> list[Problem]:
    problems = []
    fields = {name: str(value) for name, value in document.pairs if isinstance(value, str | Decimal)}
    if (signal_id := fields.get("signal_id")) is not None and not MOVING.search(signal_id):
        why = 'is the same at every signal, so the second one would be taken for a repeat: put "{{time}}" into it'
        problems.append(Problem("signal_id", why))
    stamp = fields.get("timestamp", "{{timenow}}")
    if re.search(r"\{\{\s*time\s*\}\}", stamp):
        why = "is when the bar opened, which is old news when it closes, and a BUY would be refused as stale: use " + (
            '"{{timenow}}"'
        )
        problems.append(Problem("timestamp", why))
    elif not MOVING.search(stamp):
        problems.append(Problem("timestamp", 'is the same at every signal: use "{{timenow}}"'))
    symbol = fields.get("symbol", "{{ticker}}")
    if not FILLABLE.search(symbol) and _market(symbol) != pair.replace("/", ""):
        problems.append(Problem("symbol", f"is not {pair}, which the bot trades: every signal would be refused"))
    return problems


def _corrected(document: Document, pasted: str, pair: str) -> str:
    """The fields that were right, under their right names; the others as they should be."""
    found = {name: document.all(name) for name in document.names()}
    fields = _fields(KINDS[_kind(pasted)], "my-strategy", YOUR_SECRET)
    if "secret" not in found:
        del fields["secret"]  # it is in the URL, or the advice tells what to do
    for name in list(fields):
        usual = [found[other] for other in found if other.lower().strip() in {name, *USUAL_NAMES.get(name, ())}]
        for values in ([found[name]] if name in found else []) + usual:
            trial = {**fields, name: values[0]}
            if len(values) == 1 and _sound(_written(trial), pair):
                fields = trial
                break
    return _written(fields)


def _sound(text: str, pair: str) -> bool:
    try:
        return not _faults(text, decode(_bytes(text)), pair)
    except BadPayload:
        return False


def _advice(document: Document) -> list[str]:
    known = {"secret", "signal", "symbol", "price", "timestamp", "strategy", "signal_id"}
    usual = {name for names in USUAL_NAMES.values() for name in names}
    advice = []
    if not document.all("secret"):
        advice.append("there is no secret in it: fine if the webhook's URL ends with it, /webhook/YOUR_SECRET")
    if others := [name for name in document.names() if name not in known and name.lower() not in usual]:
        advice.append(f"the bot takes no notice of: {', '.join(name[:40] for name in others)}")
    return advice


def _kind(text: str) -> str:
    if "strategy." in text:
        return "strategy"
    return "SELL" if LEAVING.search(FILLABLE.sub("", text)) else "BUY"


def _filled(text: str, pair: str) -> str:
    samples = {**SAMPLES, "ticker": pair.replace("/", "")}
    return FILLABLE.sub(lambda found: samples.get(found[1], found[0]), text)


def _market(symbol: str) -> str:
    return symbol.upper().rpartition(":")[2].replace("/", "").strip()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
