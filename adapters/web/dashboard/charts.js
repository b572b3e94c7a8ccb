// Two drawings in SVG, made anew whenever something changes: the price with its trades, and the equity.

const SVG = "http://www.w3.org/2000/svg";
const PAD = { top: 10, right: 62, bottom: 22, left: 6 };

function node(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function label(x, y, text, anchor, kind = "axis") {
  return node("text", { x, y, "text-anchor": anchor, class: kind }, text);
}

// As many decimals as the smallest step needs.
function figure(value, span) {
  const digits = span >= 50 ? 0 : span >= 0.5 ? 2 : 6;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function clock(at, span) {
  const iso = new Date(at * 1000).toISOString();
  return span > 172800 ? iso.slice(5, 10) : span > 600 ? iso.slice(11, 16) : iso.slice(11, 19);
}

// 1, 2 or 5 times a power of ten: about `count` lines within the span.
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, n) => first + n * step);
}

function frame(box, points, values) {
  const width = Math.max(280, box.clientWidth);
  const height = Math.max(150, box.clientHeight);
  const start = points[0][0];
  const end = Math.max(points.at(-1)[0], start + 60);
  let low = Math.min(...values);
  let high = Math.max(...values);
  const air = (high - low) * 0.08 || high * 0.001 || 1;
  low -= air;
  high += air;
  const x = (at) => PAD.left + ((at - start) / (end - start)) * (width - PAD.left - PAD.right);
  const y = (value) => PAD.top + (1 - (value - low) / (high - low)) * (height - PAD.top - PAD.bottom);
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
  for (const value of ticks(low, high, 4)) {
    svg.append(node("path", { class: "grid", d: `M${PAD.left} ${y(value)}H${width - PAD.right}` }));
    svg.append(label(width - PAD.right + 6, y(value) + 4, figure(value, high - low), "start"));
  }
  const marks = width < 420 ? 3 : 5;
  for (let n = 0; n < marks; n += 1) {
    const at = start + ((end - start) * n) / (marks - 1);
    const anchor = n === 0 ? "start" : n === marks - 1 ? "end" : "middle";
    svg.append(label(x(at), height - 6, clock(at, end - start), anchor));
  }
  return { svg, x, y, width, start, span: high - low };
}

const line = (points, x, y) => points.map(([at, value], n) => `${n ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");

function nothing(box, text) {
  if (box.firstChild?.className === "none") return;
  const note = document.createElement("p");
  note.className = "none";
  note.textContent = text;
  box.replaceChildren(note);
}

function triangle(x, y, kind, text) {
  const d = kind === "buy" ? `M${x} ${y}l5.5 10h-11Z` : `M${x} ${y}l5.5 -10h-11Z`;
  const mark = node("path", { class: kind, d });
  mark.append(node("title", {}, text));
  return mark;
}

export function priceChart(box, trace, trades, levels) {
  if (trace.length < 2) return nothing(box, "No prices yet.");
  const shown = trades.filter((t) => t.closed_at >= trace[0][0]);
  const held = levels ? [levels.entry, levels.stop].filter((level) => level !== null) : [];
  const values = [...trace.map(([, price]) => price), ...held, ...shown.flatMap((t) => [t.entry, t.exit])];
  const { svg, x, y, width, start, span } = frame(box, trace, values);
  svg.setAttribute("aria-label", `Price: ${figure(trace.at(-1)[1], span)} now, between ${figure(Math.min(...values), span)} and ${figure(Math.max(...values), span)}; ${shown.length} trades, listed under Trades`);
  svg.append(node("path", { class: "price", d: line(trace, x, y) }));
  for (const t of shown) {
    const kind = t.gain > 0 ? "won" : "lost";
    if (t.opened_at >= start) {
      svg.append(node("path", { class: `trip ${kind}`, d: line([[t.opened_at, t.entry], [t.closed_at, t.exit]], x, y) }));
      svg.append(triangle(x(t.opened_at), y(t.entry), "buy", `bought at ${t.entry}`));
    }
    svg.append(triangle(x(t.closed_at), y(t.exit), kind, `sold at ${t.exit}: ${t.pnl}, ${t.reason}`));
  }
  for (const name of ["entry", "stop"]) {
    if (levels && levels[name] !== null) {
      svg.append(node("path", { class: `level-${name}`, d: `M${PAD.left} ${y(levels[name])}H${width - PAD.right}` }));
      svg.append(label(PAD.left + 2, y(levels[name]) - 4, name, "start", `axis tag-${name}`));
    }
  }
  const [at, price] = trace.at(-1);
  svg.append(node("circle", { class: "dot", cx: x(at), cy: y(price), r: 3.5 }));
  box.replaceChildren(svg);
  return undefined;
}

export function equityChart(box, points) {
  if (points.length < 2) return nothing(box, "No trades yet: the curve begins with the first.");
  const values = points.map(([, equity]) => equity);
  const { svg, x, y, span } = frame(box, points, values);
  const change = values.at(-1) - values[0];
  svg.setAttribute("aria-label", `Equity: ${figure(values.at(-1), span)} now, ${change >= 0 ? "up" : "down"} ${figure(Math.abs(change), span)} since ${clock(points[0][0], 1e9)}`);
  const floor = svg.viewBox.baseVal.height - PAD.bottom;
  svg.append(node("path", { class: "area", d: `${line(points, x, y)}L${x(points.at(-1)[0]).toFixed(1)} ${floor}L${x(points[0][0])} ${floor}Z` }));
  svg.append(node("path", { class: "equity", d: line(points, x, y) }));
  svg.append(node("circle", { class: "dot", cx: x(points.at(-1)[0]), cy: y(values.at(-1)), r: 3.5 }));
  box.replaceChildren(svg);
  return undefined;
}
