// What the bot tells (/events) put in its place. Text is only ever set as text: nothing that a sender wrote can become
// part of the page.

import { equityChart, priceChart } from "/charts.js";

const STALE = 6000; // ms without a word, after which what is shown may be wrong
const AGAIN = 5000; // ms until a refused connection is tried anew
const KEPT = 900; // prices in memory
const WORDS = {
  idle: "ready for a signal", validating: "a signal is being judged", ordering: "the exchange is not yet as we want it",
  in_position: "every unit held is watched by a stop", paused: "no entries until somebody resumes",
  halted: "a human must look", killed: "only a person at the machine can start it again",
};
const SIGNS = { passed: "✓", failed: "✗", unasked: "–" };

const view = { trace: [] }; // the latest of every section
let heard = null; // when something last came, by our own clock
let source = null;

const byId = (id) => document.getElementById(id);
const spaced = (name) => name.replaceAll("_", " ");
const mood = (gain) => (gain > 0 ? "gain" : gain < 0 ? "loss" : "");

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function age(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${Math.floor(minutes / 1440)} days`;
}

const time = (at) => new Date(at * 1000).toISOString().slice(11, 19);

// -- sections

function showAbout({ pair, venue, mode, gates }) {
  byId("about").replaceChildren(
    make("strong", {}, pair), ` on ${venue} `, make("span", { class: `badge ${mode}` }, mode),
  );
  byId("gates").replaceChildren(
    make("th", { scope: "col" }, "Signal"),
    ...gates.map((gate) => make("th", { scope: "col", class: "gate" }, make("span", {}, spaced(gate)))),
    make("th", { scope: "col" }, "What became of it"),
  );
}

function showBot({ state, status, reasons, orphan }) {
  document.body.dataset.state = state;
  document.body.dataset.status = status;
  document.title = `${spaced(state)} · Auto-Trader`;
  if (byId("state").textContent !== spaced(state)) byId("state").textContent = spaced(state);
  const texts = reasons.length ? reasons : [WORDS[state]];
  byId("reasons").replaceChildren(...texts.map((text) => make("li", {}, text)));
  byId("orphan").hidden = !orphan;
  byId("orphan").textContent = orphan
    ? `Unexplained on the account: ${orphan}. At the machine: auto-trader orphan keep (leave alone), adopt (protect) or exit (sell).`
    : "";
  for (const box of document.querySelectorAll(".state")) box.classList.toggle("lit", box.dataset.state === state);
}

function showMoved(moved) {
  const edges = new Set((moved?.edges ?? []).map(([from, to]) => `${from} ${to}`));
  for (const edge of document.querySelectorAll(".edge")) {
    edge.classList.toggle("last", edges.has(`${edge.dataset.from} ${edge.dataset.to}`));
  }
  for (const drawing of document.querySelectorAll(".lifecycle")) {
    drawing.append(...drawing.querySelectorAll(".edge.last"), ...drawing.querySelectorAll(".state"));
  }
  sayMoved();
}

function sayMoved() {
  const { moved, now } = view;
  const text = moved
    ? `Last move: ${spaced(moved.before)} → ${spaced(moved.after)}, ${time(moved.at)} UTC, ${age(now.at - moved.at)} ago`
    : "It has not moved yet.";
  if (byId("moved").textContent !== text) byId("moved").textContent = text;
  for (const drawing of document.querySelectorAll(".lifecycle")) {
    drawing.setAttribute("aria-label", `The lifecycle. State: ${spaced(view.bot.state)}. ${text}`);
  }
}

function showPosition(position) {
  if (!position) {
    byId("position").replaceChildren(make("p", { class: "none" }, "No position."));
    return;
  }
  const { levels } = position;
  const rows = [
    ["Held", position.quantity], ["Bought at", position.entry], ["Stop", position.stop ?? "none at this moment"],
    ["Down to the stop", position.distance ?? "–"], ["Result at the stop", position.at_risk ?? "–"],
  ];
  const parts = [
    make("p", { class: `big ${mood(position.gain)}` }, position.pnl, " ", make("span", {}, position.pnl_pct)),
    position.bare ? make("p", { class: "notice bad" }, `${position.bare} without a confirmed stop`) : null,
    position.leaving ? make("p", { class: "notice" }, `Being sold: ${spaced(position.leaving)}`) : null,
    distanceBar(levels),
    make("dl", { class: "figures" }, ...figures(rows)),
  ];
  byId("position").replaceChildren(...parts.filter(Boolean));
}

// From the stop to as far above the entry as the stop is under it, with the price as a dot.
function distanceBar({ stop, entry, mark }) {
  if (stop === null || mark === null || entry === null || entry <= stop) return null;
  const top = Math.max(entry + (entry - stop), mark);
  const share = (level) => Math.min(100, Math.max(0, ((level - stop) / (top - stop)) * 100));
  const bar = make("div", { class: "distance", "aria-hidden": "true" }, make("span", {}, "stop"));
  const parts = { room: ["width", mark, ""], entry: ["left", entry, "entry"], mark: ["left", mark, ""] };
  for (const [name, [property, level, word]] of Object.entries(parts)) {
    const part = make("i", { class: name }, make("span", {}, word));
    part.style[property] = `${share(level)}%`;
    bar.append(part);
  }
  return bar;
}

function figures(rows) {
  return rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
}

function showNow({ price, equity, cash, today, gain, at, heard: tick, marked_at: markedAt, mark }) {
  const old = at - markedAt > 5 && mark !== null ? ` (${age(at - markedAt)} old)` : "";
  byId("money").replaceChildren(
    ...figures([["Price", `${price}${old}`], ["Equity", equity], ["Cash", cash]]),
    make("dt", {}, "Today"), make("dd", { class: mood(gain) }, today),
  );
  document.body.classList.toggle("asleep", at - tick > 5);
  if (mark !== null && markedAt > (view.trace.at(-1)?.[0] ?? 0)) view.trace.push([markedAt, mark]);
  if (view.trace.length > KEPT) view.trace.splice(0, view.trace.length - KEPT);
}

function showBreakers(breakers) {
  byId("breakers").replaceChildren(...breakers.map(({ name, text, then, used }) => {
    const level = used >= 1 ? "full" : used >= 0.66 ? "high" : "";
    const fill = make("i", { class: level });
    fill.style.width = `${used * 100}%`;
    return make("li", {},
      make("p", {}, make("strong", {}, name), " ", make("span", { class: "text" }, text)),
      make("div", { class: "gauge", role: "meter", "aria-label": name, "aria-valuemin": 0, "aria-valuemax": 100,
        "aria-valuenow": Math.round(used * 100), "aria-valuetext": text }, fill),
      make("p", { class: "small" }, then));
  }));
}

function showSignals(signals) {
  const rows = signals.map(({ side, signal_id: id, when, verdict, why, way, gates }) => make("tr", { class: verdict },
    make("th", { scope: "row" }, make("span", { class: `side ${side}` }, side), " ", make("span", { class: "id" }, id),
      make("span", { class: "small when" }, `${when} UTC`)),
    ...(gates.length
      ? gates.map(({ gate, sign, shown }) => make("td", { class: `gate ${sign}`, title: `${spaced(gate)}: ${shown}` },
        make("span", { "aria-hidden": "true" }, SIGNS[sign]),
        make("span", { class: "label" }, `${spaced(gate)} `, make("span", { class: "read" }, `${sign}, ${shown}`))))
      : [make("td", { colspan: view.about.gates.length, class: "free small" }, "a SELL meets no gates")]),
    make("td", { class: "verdict" }, make("span", { class: `chip ${verdict}` }, verdict), why ? ` ${why}` : "",
      way ? make("span", { class: "small way" }, way) : "")));
  byId("signals").replaceChildren(...(rows.length ? rows : [make("tr", {}, make("td", { class: "none" }, "None yet."))]));
}

function showTrades(trades) {
  const rows = trades.slice(0, 12).map((t) => make("tr", {},
    make("td", {}, t.when), make("td", {}, t.quantity), make("td", {}, t.prices),
    make("td", { class: mood(t.gain) }, `${t.pnl} (${t.pnl_pct})`), make("td", {}, spaced(t.reason))));
  byId("trades").replaceChildren(
    ...(rows.length ? rows : [make("tr", {}, make("td", { colspan: 5, class: "none" }, "None yet."))]));
}

function showHealth(parts) {
  byId("health").replaceChildren(...parts.flatMap(({ name, mood: how, text }) =>
    [make("dt", { class: how }, name), make("dd", { class: how }, text)]));
}

function showJournal(rows) {
  byId("journal").replaceChildren(
    ...rows.map(({ text, accepted }) => make("li", { class: accepted ? null : "refused" }, text)));
}

const SHOW = {
  about: showAbout, now: showNow, bot: showBot, moved: showMoved, position: showPosition, breakers: showBreakers,
  signals: showSignals, trades: showTrades, health: showHealth, journal: showJournal,
};

function show(news) {
  Object.assign(view, news);
  for (const [name, render] of Object.entries(SHOW)) if (name in news) render(view[name]);
  sayMoved();
  if ("now" in news || "trades" in news) draw();
}

function draw() {
  if (!view.now) return;
  priceChart(byId("price-chart"), view.trace, view.trades, view.position?.levels ?? null);
  equityChart(byId("curve-chart"), [...view.curve, [view.now.at, view.now.worth]]);
}

// -- the connection

function sayLink() {
  const silent = heard === null ? null : performance.now() - heard;
  const live = source?.readyState === EventSource.OPEN && silent !== null && silent < STALE;
  const link = live ? (document.body.classList.contains("asleep") ? "asleep" : "live") : heard === null ? "connecting" : "stale";
  const text = {
    live: "live",
    asleep: "connected, but the bot does not tick",
    connecting: "connecting …",
    stale: `no connection: what you see is ${age((silent ?? 0) / 1000)} old`,
  }[link];
  document.body.dataset.link = link;
  if (byId("link").textContent !== text) byId("link").textContent = text;
}

function connect() {
  source = new EventSource("/events");
  source.onmessage = (event) => {
    heard = performance.now();
    show(JSON.parse(event.data));
    sayLink();
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, AGAIN); // refused; otherwise it retries by itself
    sayLink();
  };
}

if (location.search) history.replaceState(null, "", location.pathname); // the token has become a cookie
addEventListener("resize", draw);
connect();
setInterval(sayLink, 1000);
