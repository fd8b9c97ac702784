// The graph: a box a namespace, a pill a workload. Lines of the workload under the pointer, or the selected one, are
// drawn on demand, so that hundreds of workloads stay readable; small answers show all lines at once. A workload that
// is tied alike to all of a namespace gets one line to its box.

const svg = document.getElementById("canvas");
const linesChoice = document.getElementById("lines");
const PILL = { width: 168, height: 20, gap: 5 };
const WIDE = 290; // external ends have long names
const BOX = { pad: 10, head: 26, gap: 46 };
const FEW = 120; // up to so many connections are all drawn at first
const LARGEST = 1.5; // times the plain size of the text

const graph = { built: false, hover: null, nodes: new Map(), boxes: new Map(), frame: null, fitted: null };

function shape(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// How many pairs of ends are allowed between two namespaces, both ways.
function namespaceWeights() {
  const weights = new Map();
  for (const src of ends) {
    for (const dst of ends) {
      if (src.ns === dst.ns || state(src.id, dst.id) < SOME) continue;
      const key = src.ns.id * namespaces.length + dst.ns.id;
      weights.set(key, (weights.get(key) ?? 0) + 1);
    }
  }
  return weights;
}

// Namespaces that talk to each other next to each other: start at the busiest, then always the one most tied to
// those already placed.
function placeOrder(weights) {
  const tie = (a, b) => (weights.get(a.id * namespaces.length + b.id) ?? 0) + (weights.get(b.id * namespaces.length + a.id) ?? 0);
  const share = (a, b) => tie(a, b) / Math.sqrt(a.ends.length * b.ends.length);
  const left = new Set(namespaces);
  const order = [];
  const score = new Map(namespaces.map((ns) => [ns, namespaces.reduce((sum, other) => sum + tie(ns, other), 0) * 1e-9]));
  while (left.size) {
    let best = null;
    for (const ns of left) if (best === null || score.get(ns) > score.get(best)) best = ns;
    left.delete(best);
    order.push(best);
    for (const ns of left) score.set(ns, score.get(ns) * 0.7 + share(ns, best));
  }
  return order;
}

function layOut() {
  const order = placeOrder(namespaceWeights());
  const boxes = order.map((ns) => {
    const across = Math.max(1, Math.round(Math.sqrt(ns.ends.length / 6)));
    const down = Math.ceil(ns.ends.length / across);
    const pill = ns.external ? WIDE : PILL.width;
    return { ns, across, down, pill,
      width: across * (pill + PILL.gap) - PILL.gap + 2 * BOX.pad,
      height: BOX.head + down * (PILL.height + PILL.gap) - PILL.gap + BOX.pad };
  });
  const area = boxes.reduce((sum, box) => sum + (box.width + BOX.gap) * (box.height + BOX.gap), 0);
  const shape = Math.max(0.6, svg.clientWidth / Math.max(1, svg.clientHeight));
  const limit = Math.max(...boxes.map((box) => box.width), Math.sqrt(area * shape * 1.25)); // rows are never quite full
  let x = 0, y = 0, tall = 0;
  for (const box of boxes) {
    if (x && x + box.width > limit) {
      x = 0;
      y += tall + BOX.gap;
      tall = 0;
    }
    Object.assign(box, { x, y });
    x += box.width + BOX.gap;
    tall = Math.max(tall, box.height);
    graph.boxes.set(box.ns, box);
    box.ns.ends.forEach((end, i) => graph.nodes.set(end, {
      end,
      x: box.x + BOX.pad + Math.floor(i / box.down) * (box.pill + PILL.gap),
      y: box.y + BOX.head + (i % box.down) * (PILL.height + PILL.gap),
      width: box.pill,
      height: PILL.height,
    }));
  }
  const width = Math.max(...boxes.map((box) => box.x + box.width)), height = y + tall;
  graph.fitted = { x: -24, y: -24, width: width + 48, height: height + 48 };
}

function build() {
  graph.built = true;
  layOut();
  const open = cells.reduce((sum, kind) => sum + (view.states[kind] >= SOME), 0);
  linesChoice.value = open <= FEW ? "all" : namespaceWeights().size <= 60 ? "namespaces" : "selection";
  const arrow = (id) => shape("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse",
    orient: "auto" },
    shape("path", { d: "M0 0 L8 4 L0 8 z", class: id }));
  graph.lines = shape("g", { class: "lines" });
  const boxes = shape("g");
  for (const box of graph.boxes.values()) {
    boxes.append(shape("g", {}, shape("rect", { class: "box", x: box.x, y: box.y, width: box.width, height: box.height, rx: 8 }),
      text("box-name", box.x + BOX.pad, box.y + 17, box.ns.name, box.width - 2 * BOX.pad, 7.4)));
  }
  const pills = shape("g");
  for (const node of graph.nodes.values()) {
    node.group = shape("g", { class: "pill", tabindex: 0, role: "button", "aria-label": node.end.full },
      shape("title", {}, node.end.full),
      shape("rect", { x: node.x, y: node.y, width: node.width, height: node.height, rx: 5 }),
      text("pill-name", node.x + 7, node.y + 14, node.end.name, node.width - 14 - node.end.short.length * 6, 6.4));
    if (node.end.short) {
      node.group.append(shape("text", { class: "pill-kind", x: node.x + node.width - 6, y: node.y + 14 }, node.end.short));
    }
    const hover = (end) => () => { graph.hover = end; drawLines(); };
    node.group.addEventListener("mouseenter", hover(node.end));
    node.group.addEventListener("mouseleave", hover(null));
    node.group.addEventListener("focus", hover(node.end));
    node.group.addEventListener("blur", hover(null));
    node.group.addEventListener("keydown", (event) => { if (event.key === "Enter") select({ end: node.end }); });
    pills.append(node.group);
  }
  svg.replaceChildren(shape("defs", {}, arrow("arrow-all"), arrow("arrow-some"), arrow("arrow-external"), arrow("arrow-space")),
    boxes, graph.lines, pills);
  fit();
}

function text(kind, x, y, words, width, letter) {
  const room = Math.max(1, Math.floor(width / letter));
  return shape("text", { class: kind, x, y }, words.length > room ? `${words.slice(0, room - 1)}…` : words);
}

// The whole graph in the window, not larger than is pleasant to read.
function fit() {
  const { x, y, width, height } = graph.fitted;
  const scale = Math.max(width / svg.clientWidth, height / svg.clientHeight, 1 / LARGEST);
  moveTo(x + width / 2, y + height / 2, scale);
}

// Puts a point of the graph in the middle; scale is graph units a pixel.
function moveTo(x, y, scale) {
  const width = svg.clientWidth * scale, height = svg.clientHeight * scale;
  graph.frame = { x: x - width / 2, y: y - height / 2, width, height, scale };
  svg.setAttribute("viewBox", `${graph.frame.x} ${graph.frame.y} ${width} ${height}`);
}

// From one rectangle's side to another's; two in one column are joined by a bow at the right.
function curve(a, b) {
  const ay = a.y + a.height / 2, by = b.y + b.height / 2;
  const right = a.x + a.width, far = b.x + b.width;
  if (b.x > right) {
    const bend = Math.max(24, (b.x - right) * 0.4);
    return `M${right} ${ay} C${right + bend} ${ay} ${b.x - bend} ${by} ${b.x} ${by}`;
  }
  if (far < a.x) {
    const bend = Math.max(24, (a.x - far) * 0.4);
    return `M${a.x} ${ay} C${a.x - bend} ${ay} ${far + bend} ${by} ${far} ${by}`;
  }
  const bow = 20 + Math.min(120, Math.abs(by - ay) * 0.25);
  return `M${right} ${ay} C${Math.max(right, far) + bow} ${ay} ${Math.max(right, far) + bow} ${by} ${far} ${by}`;
}

function line(src, dst, { from = graph.nodes.get(src), to = graph.nodes.get(dst), incoming = false } = {}) {
  const is = state(src.id, dst.id);
  const colour = src.external || dst.external ? "external" : is === ALL ? "all" : "some";
  const whole = from.ns || to.ns ? " whole" : "";
  return shape("path", { class: `line ${colour}${incoming ? " incoming" : ""}${whole}`, "marker-end": `url(#arrow-${colour})`,
    d: curve(from, to) });
}

// The lines of one end: to or from each namespace one if its ends are all tied alike, else one for each.
function linesOf(focus, open, lit) {
  const drawn = [];
  for (const incoming of [false, true]) {
    const pair = (other) => (incoming ? [other, focus] : [focus, other]);
    for (const box of graph.boxes.values()) {
      const tied = box.ns.ends.filter((other) => open(...pair(other)));
      tied.forEach((other) => lit.add(other));
      const kinds = new Set(tied.map((other) => state(...pair(other).map((end) => end.id))));
      const alike = tied.length > 2 && tied.length === box.ns.ends.length && kinds.size === 1;
      for (const other of alike ? tied.slice(0, 1) : tied) {
        const [src, dst] = pair(other);
        drawn.push(line(src, dst, { incoming, ...(alike && { [incoming ? "from" : "to"]: box }) }));
      }
    }
  }
  return drawn;
}

function drawLines() {
  if (!graph.built) return;
  const chosen = view.selected;
  const focus = graph.hover ?? chosen?.end ?? null;
  const sources = new Set(view.sources), destinations = new Set(view.destinations);
  const open = (src, dst) => sources.has(src) && destinations.has(dst) && state(src.id, dst.id) >= SOME;
  const drawn = [], lit = new Set();
  if (focus) {
    drawn.push(...linesOf(focus, open, lit));
    lit.add(focus);
  } else if (chosen?.src) {
    if (state(chosen.src.id, chosen.dst.id) >= SOME) drawn.push(line(chosen.src, chosen.dst));
    lit.add(chosen.src).add(chosen.dst);
  } else if (linesChoice.value === "all") {
    for (const src of view.sources) for (const dst of view.destinations) if (open(src, dst)) drawn.push(line(src, dst));
  } else if (linesChoice.value === "namespaces") {
    const count = namespaces.length;
    for (const [key, weight] of namespaceWeights()) {
      const [src, dst] = [Math.floor(key / count), key % count].map((id) => graph.boxes.get(namespaces[id]));
      const share = weight / (src.ns.ends.length * dst.ns.ends.length);
      const path = shape("path", { class: "line space", "marker-end": "url(#arrow-space)", d: curve(src, dst),
        "stroke-width": 1 + 3 * share });
      path.append(shape("title", {}, `${src.ns.name} → ${dst.ns.name}: ${weight} pairs`));
      drawn.push(path);
    }
  }
  graph.lines.replaceChildren(...drawn);
  svg.classList.toggle("focused", lit.size > 0);
  const filtered = view.sources.length < COUNT || view.destinations.length < COUNT;
  for (const [end, node] of graph.nodes) {
    node.group.classList.toggle("lit", lit.has(end));
    node.group.classList.toggle("focus", end === focus || end === chosen?.src || end === chosen?.dst);
    node.group.classList.toggle("out", filtered && !sources.has(end) && !destinations.has(end));
  }
}

function showGraph() {
  if (!graph.built) build();
  drawLines();
}

linesChoice.addEventListener("change", drawLines);
document.getElementById("fit").addEventListener("click", fit);
svg.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = svg.getBoundingClientRect();
  const { x, y, width, height, scale } = graph.frame;
  const next = Math.max(0.15, Math.min(12, scale * Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.004)));
  const dx = event.clientX - box.left - box.width / 2, dy = event.clientY - box.top - box.height / 2;
  moveTo(x + width / 2 + dx * (scale - next), y + height / 2 + dy * (scale - next), next); // the point stays put
}, { passive: false });

// Drag to move. A press that doesn't move is a click: on a pill it selects, elsewhere it clears.
svg.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  const pill = event.target.closest(".pill");
  const start = { x: event.clientX, y: event.clientY, frame: graph.frame };
  let moved = false;
  const move = (next) => {
    const dx = next.clientX - start.x, dy = next.clientY - start.y;
    moved ||= Math.hypot(dx, dy) > 4;
    const { x, y, width, height, scale } = start.frame;
    if (moved) moveTo(x + width / 2 - dx * scale, y + height / 2 - dy * scale, scale);
  };
  const up = () => {
    removeEventListener("pointermove", move);
    removeEventListener("pointerup", up);
    removeEventListener("pointercancel", up);
    if (moved) return;
    const end = pill && [...graph.nodes.values()].find((node) => node.group === pill)?.end;
    select(end ? { end } : null);
  };
  addEventListener("pointermove", move);
  addEventListener("pointerup", up);
  addEventListener("pointercancel", up);
});

new ResizeObserver(() => {
  if (!graph.built || !svg.clientWidth) return;
  const { x, y, width, height, scale } = graph.frame;
  moveTo(x + width / 2, y + height / 2, scale);
}).observe(svg);
view.listeners.push(() => { if (!document.getElementById("graph").hidden) drawLines(); });
