// The matrix: sources down, destinations across, drawn on a canvas of the size of the window while an empty box of
// the whole size gives the scroll bars. Drawing costs as much as is visible, however many ends there are.

const grid = document.getElementById("grid");
const sizer = grid.firstElementChild;
const canvas = sizer.firstElementChild;
const pen = canvas.getContext("2d");
const tip = document.getElementById("tip");
const spoken = document.getElementById("spoken");
const BAND = 22; // a namespace's own row and column, in pixels

const layout = { rows: null, columns: null, size: 14, left: 250, top: 170, hover: null, cursor: null, colours: {} };

// One axis: bands of namespaces and, where unfolded, their ends, with the offset of each.
function axis(shown, folded) {
  const items = [];
  let offset = 0, band = null;
  for (const end of shown) {
    if (band?.ns !== end.ns) {
      band = { ns: end.ns, ends: [], at: offset, size: BAND, folded: folded.has(end.ns.id) };
      items.push(band);
      offset += BAND;
    }
    band.ends.push(end);
    if (!band.folded) {
      items.push({ ns: end.ns, end, ends: [end], at: offset, size: layout.size, band });
      offset += layout.size;
    }
  }
  return { items, length: offset };
}

function find(line, position) {
  let low = 0, high = line.items.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const item = line.items[middle];
    if (position < item.at) high = middle - 1;
    else if (position >= item.at + item.size) low = middle + 1;
    else return middle;
  }
  return -1;
}

function arrange() {
  layout.rows = axis(view.sources, view.folded.rows);
  layout.columns = axis(view.destinations, view.folded.columns);
  layout.aggregates = new Map();
  layout.hover = null;
  layout.cursor = null;
  resize();
}

// Room for nearly every name; the longest few are cut short.
function headLength() {
  pen.font = `600 12px ${layout.font}`;
  const widths = [...namespaces, ...ends].map((one) => pen.measureText(one.name).width).sort((a, b) => a - b);
  return Math.round(Math.min(260, Math.max(150, (widths[Math.floor(widths.length * 0.95)] ?? 0) + 70)));
}

function resize() {
  if (!grid.clientWidth) return;
  const width = grid.clientWidth, height = grid.clientHeight;
  const head = headLength();
  layout.left = Math.min(head, Math.round(width * 0.35));
  layout.top = Math.min(head, Math.round(height * 0.35));
  sizer.style.width = `${Math.max(width, layout.left + layout.columns.length + 16)}px`;
  sizer.style.height = `${Math.max(height, layout.top + layout.rows.length + 16)}px`;
  const ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  Object.assign(grid.dataset, { size: layout.size, left: layout.left, top: layout.top,
    rows: layout.rows.items.filter((item) => item.end).length,
    columns: layout.columns.items.filter((item) => item.end).length });
  schedule();
}

let pending = 0;
function schedule() {
  pending ||= requestAnimationFrame(() => { pending = 0; draw(); });
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["surface", "raised", "text", "muted", "line", "band", "accent", "all", "some", "external", "hover"]) {
    layout.colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  layout.font = getComputedStyle(document.body).fontFamily;
}

// How many of the pairs behind a cell of a folded namespace are allowed, and whether all of them on all ports.
function aggregate(row, column) {
  const key = `${row.end ? `e${row.end.id}` : `n${row.ns.id}`} ${column.end ? `e${column.end.id}` : `n${column.ns.id}`}`;
  let sum = layout.aggregates.get(key);
  if (!sum) {
    sum = { pairs: 0, open: 0, all: 0 };
    for (const src of row.ends) {
      for (const dst of column.ends) {
        const is = state(src.id, dst.id);
        if (is === NA) continue;
        sum.pairs += 1;
        sum.open += is >= SOME;
        sum.all += is === ALL;
      }
    }
    layout.aggregates.set(key, sum);
  }
  return sum;
}

function visible(line, from, extent) {
  const shown = [];
  for (let i = Math.max(0, find(line, from)); i < line.items.length && line.items[i].at < from + extent; i += 1) shown.push(line.items[i]);
  return shown;
}

function draw() {
  if (!layout.rows || !grid.clientWidth) return;
  const { left, top, colours } = layout;
  const ratio = window.devicePixelRatio || 1;
  const width = canvas.width / ratio, height = canvas.height / ratio;
  const x0 = left - grid.scrollLeft, y0 = top - grid.scrollTop;
  const rows = visible(layout.rows, grid.scrollTop, height - top);
  const columns = visible(layout.columns, grid.scrollLeft, width - left);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.surface;
  pen.fillRect(0, 0, width, height);

  pen.save();
  pen.beginPath();
  pen.rect(left, top, width - left, height - top);
  pen.clip();
  drawBands(rows, columns, x0, y0, width, height);
  for (const row of rows) for (const column of columns) drawCell(row, column, x0 + column.at, y0 + row.at);
  drawCross(x0, y0, width, height);
  pen.restore();
  drawHeads(rows, columns, x0, y0, width, height);
}

function drawBands(rows, columns, x0, y0, width, height) {
  const { colours, left, top } = layout;
  const right = Math.min(width, x0 + layout.columns.length), bottom = Math.min(height, y0 + layout.rows.length);
  pen.fillStyle = colours.band;
  for (const row of rows) if (!row.end) pen.fillRect(left, y0 + row.at, right - left, row.size);
  for (const column of columns) if (!column.end) pen.fillRect(x0 + column.at, top, column.size, bottom - top);
  if (layout.size < 10) return;
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const row of rows) {
    pen.moveTo(left, y0 + row.at + row.size - 0.5);
    pen.lineTo(right, y0 + row.at + row.size - 0.5);
  }
  for (const column of columns) {
    pen.moveTo(x0 + column.at + column.size - 0.5, top);
    pen.lineTo(x0 + column.at + column.size - 0.5, bottom);
  }
  pen.stroke();
}

// Colour and shape say the same: a full square is all ports, a small one some, a stroke no cell at all.
function drawCell(row, column, x, y) {
  const { colours } = layout;
  if (!row.end || !column.end) {
    if ((row.end || row.folded) && (column.end || column.folded)) drawAggregate(row, column, x, y);
    return;
  }
  const kind = cells[row.end.id * COUNT + column.end.id];
  const is = view.states[kind];
  const size = layout.size;
  if (is === NONE) return;
  if (is === NA) {
    pen.strokeStyle = colours.line;
    pen.beginPath();
    pen.moveTo(x + 1, y + 1);
    pen.lineTo(x + size - 2, y + size - 2);
    pen.stroke();
    return;
  }
  pen.fillStyle = row.end.external || column.end.external ? colours.external : is === ALL ? colours.all : colours.some;
  const inset = is === ALL ? 0 : Math.max(1, Math.round(size * 0.2));
  const side = size - 1 - 2 * inset;
  pen.fillRect(x + inset, y + inset, side, side);
  const [ports, always] = raw.kinds[kind];
  if (ports !== always && size >= 10) { // replicas differ: a corner is cut
    pen.fillStyle = colours.surface;
    pen.beginPath();
    pen.moveTo(x + inset + side, y + inset);
    pen.lineTo(x + inset + side, y + inset + side * 0.55);
    pen.lineTo(x + inset + side * 0.45, y + inset);
    pen.fill();
  }
}

function drawAggregate(row, column, x, y) {
  const sum = aggregate(row, column);
  if (!sum.open) return;
  const { colours } = layout;
  const width = column.size - 3, height = row.size - 3;
  const share = sum.open / sum.pairs;
  pen.fillStyle = row.ns.external || column.ns.external ? colours.external : sum.all === sum.pairs ? colours.all : colours.some;
  pen.globalAlpha = 0.22;
  pen.fillRect(x + 1, y + 1, width, height);
  pen.globalAlpha = 1;
  const bar = Math.max(2, Math.round(height * share));
  pen.fillRect(x + 1, y + 1 + height - bar, width, bar);
}

function drawCross(x0, y0, width, height) {
  const { colours } = layout;
  const mark = layout.hover ?? layout.cursor;
  if (mark) {
    pen.fillStyle = colours.hover;
    if (mark.row) pen.fillRect(0, y0 + mark.row.at, width, mark.row.size);
    if (mark.column) pen.fillRect(x0 + mark.column.at, 0, mark.column.size, height);
  }
  const outline = (row, column, weight) => {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = weight;
    pen.strokeRect(x0 + column.at, y0 + row.at, column.size - 1, row.size - 1);
  };
  if (layout.cursor?.row && layout.cursor?.column) outline(layout.cursor.row, layout.cursor.column, 1.5);
  const chosen = view.selected;
  if (chosen?.src) {
    const row = layout.rows.items.find((item) => item.end === chosen.src);
    const column = layout.columns.items.find((item) => item.end === chosen.dst);
    if (row && column) outline(row, column, 2.5);
  }
}

function drawHeads(rows, columns, x0, y0, width, height) {
  const { left, top, colours } = layout;
  const mark = layout.hover ?? layout.cursor;
  pen.save();
  pen.fillStyle = colours.raised;
  pen.beginPath();
  pen.rect(0, top, left, height - top);
  pen.clip();
  pen.fillRect(0, top, left, height - top);
  for (const row of rows) drawHead(row, 0, y0 + row.at, left, row === mark?.row);
  if (rows.length && rows[0].end) drawHead(rows[0].band, 0, top, left, false); // its namespace stays in sight
  pen.restore();

  pen.save();
  pen.beginPath();
  pen.rect(left, 0, width - left, top);
  pen.clip();
  pen.fillStyle = colours.raised;
  pen.fillRect(left, 0, width - left, top);
  const upright = (item, x, marked) => {
    pen.save();
    pen.translate(x, top);
    pen.rotate(-Math.PI / 2);
    drawHead(item, 0, 0, top, marked);
    pen.restore();
  };
  for (const column of columns) upright(column, x0 + column.at, column === mark?.column);
  if (columns.length && columns[0].end) upright(columns[0].band, left, false);
  pen.restore();

  pen.fillStyle = colours.raised;
  pen.fillRect(0, 0, left, top);
  pen.fillStyle = colours.muted;
  pen.font = `12px ${layout.font}`;
  pen.textBaseline = "alphabetic";
  pen.textAlign = "right";
  pen.fillText("to →", left - 10, top - 28);
  pen.fillText("from ↓", left - 10, top - 10);
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(0, top - 0.5);
  pen.lineTo(width, top - 0.5);
  pen.moveTo(left - 0.5, 0);
  pen.lineTo(left - 0.5, height);
  pen.stroke();
}

// The head of a row; a column's is the same, turned.
function drawHead(item, x, y, length, marked) {
  const { colours } = layout;
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  const middle = y + item.size / 2;
  if (!item.end) {
    pen.fillStyle = colours.band;
    pen.fillRect(x, y, length, item.size);
    pen.fillStyle = marked ? colours.accent : colours.text;
    pen.font = `600 12px ${layout.font}`;
    const text = clip(item.ns.name, length - 58);
    pen.fillText(item.folded ? "▸" : "▾", x + 8, middle);
    pen.fillText(text, x + 22, middle);
    pen.fillStyle = colours.muted;
    pen.font = `11px ${layout.font}`;
    pen.textAlign = "right";
    pen.fillText(String(item.ends.length), x + length - 8, middle);
    return;
  }
  if (marked) {
    pen.fillStyle = colours.hover;
    pen.fillRect(x, y, length, item.size);
  }
  const font = Math.max(7, Math.min(12, item.size - 2));
  pen.font = `${font - 1}px ${layout.font}`;
  const kind = item.end.short;
  const kindWidth = kind ? pen.measureText(kind).width + 8 : 0;
  pen.fillStyle = colours.muted;
  pen.textAlign = "right";
  pen.fillText(kind, x + length - 8, middle);
  pen.textAlign = "left";
  pen.fillStyle = marked ? colours.accent : colours.text;
  pen.font = `${marked ? "600 " : ""}${font}px ${layout.font}`;
  pen.fillText(clip(item.end.name, length - 30 - kindWidth), x + 22, middle);
}

function clip(text, width) {
  if (pen.measureText(text).width <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low)}…`;
}

// What lies under the pointer: a row head, a column head or a cell.
function under(event) {
  const box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const pick = (line, position, scroll) => {
    if (position < 0) return null;
    const item = line.items[find(line, position + scroll)] ?? null;
    const first = line.items[Math.max(0, find(line, scroll))];
    return position < BAND && item?.end && first?.end ? { pinned: first.band, item } : { item };
  };
  const row = pick(layout.rows, y - layout.top, grid.scrollTop);
  const column = pick(layout.columns, x - layout.left, grid.scrollLeft);
  return {
    row: row && (column ? row.item : row.pinned ?? row.item),
    column: column && (row ? column.item : column.pinned ?? column.item),
  };
}

function describe(row, column) {
  const name = (item) => (item.end ? item.end.full : `${item.ns.name} (${item.ends.length})`);
  if (!row || !column) return row || column ? name(row ?? column) : "";
  const title = `${name(row)} → ${name(column)}`;
  if (row.end && column.end) {
    const it = cell(row.end, column.end);
    return `${title}\n${it.ports < 0 ? "not applicable" : portsText(it.ports)}${it.varies ? " (some replicas only)" : ""}`;
  }
  const sum = aggregate(row, column);
  return `${title}\n${sum.open} of ${sum.pairs} pairs allowed, ${sum.all} on all ports`;
}

function toggleFold(which, item) {
  const folded = view.folded[which];
  if (!folded.delete(item.ns.id)) folded.add(item.ns.id);
  arrange();
}

function activate({ row, column }) {
  if (row && column) {
    if (row.end && column.end) return select({ src: row.end, dst: column.end });
    if (row.folded) toggleFold("rows", row);
    if (column.folded) toggleFold("columns", column);
    return undefined;
  }
  const item = row ?? column;
  if (!item) return undefined;
  return item.end ? select({ end: item.end }) : toggleFold(row ? "rows" : "columns", item);
}

function moveTip(event, text) {
  tip.hidden = !text;
  if (!text) return;
  tip.replaceChildren(...text.split("\n").map((line) => make("div", {}, make("bdi", {}, line))));
  const width = tip.offsetWidth, height = tip.offsetHeight;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - width - 8)}px`;
  tip.style.top = `${event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18}px`;
}

canvas.addEventListener("mousemove", (event) => {
  const spot = under(event);
  layout.hover = spot.row || spot.column ? spot : null;
  canvas.style.cursor = layout.hover ? "pointer" : "";
  moveTip(event, describe(spot.row, spot.column));
  schedule();
});
canvas.addEventListener("mouseleave", () => { layout.hover = null; tip.hidden = true; schedule(); });
canvas.addEventListener("click", (event) => { layout.cursor = null; activate(under(event)); });
grid.addEventListener("scroll", () => { layout.hover = null; tip.hidden = true; schedule(); }, { passive: true });

grid.addEventListener("keydown", (event) => {
  const { items: rows } = layout.rows, { items: columns } = layout.columns;
  if (!rows.length || !columns.length || event.ctrlKey || event.metaKey || event.altKey) return;
  let row = Math.max(0, rows.indexOf(layout.cursor?.row)), column = Math.max(0, columns.indexOf(layout.cursor?.column));
  const fresh = !layout.cursor;
  const page = Math.max(1, Math.floor((grid.clientHeight - layout.top) / layout.size) - 2);
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-page, 0],
    PageDown: [page, 0], Home: [0, -columns.length], End: [0, columns.length] };
  if (event.key in moves) {
    if (!fresh) {
      row += moves[event.key][0];
      column += moves[event.key][1];
    }
    layout.cursor = { row: rows[Math.max(0, Math.min(rows.length - 1, row))],
      column: columns[Math.max(0, Math.min(columns.length - 1, column))] };
    layout.hover = null;
    reveal(layout.cursor);
    spoken.textContent = describe(layout.cursor.row, layout.cursor.column).replace("\n", ": ");
    schedule();
  } else if (event.key === "Enter" && layout.cursor) {
    activate(layout.cursor);
  } else if (event.key === " " && layout.cursor) {
    const { row: at, column: across } = layout.cursor;
    if (!at.end) toggleFold("rows", at);
    if (!across.end) toggleFold("columns", across);
  } else if (event.key === "Escape") {
    layout.cursor = null;
    select(null);
  } else {
    return;
  }
  event.preventDefault();
});

function reveal({ row, column }) {
  const show = (item, scroll, extent) => Math.min(Math.max(scroll, item.at + item.size - extent + 4), Math.max(0, item.at - BAND));
  grid.scrollTop = show(row, grid.scrollTop, grid.clientHeight - layout.top);
  grid.scrollLeft = show(column, grid.scrollLeft, grid.clientWidth - layout.left);
}

const sizeChoice = document.getElementById("size");
layout.size = COUNT <= 40 ? 22 : COUNT <= 80 ? 18 : 14; // few ends have room
sizeChoice.value = layout.size;
sizeChoice.addEventListener("input", (event) => {
  layout.size = Number(event.target.value);
  arrange();
});
for (const [id, fold] of [["fold", true], ["unfold", false]]) {
  document.getElementById(id).addEventListener("click", () => {
    const all = fold ? namespaces.map((ns) => ns.id) : [];
    view.folded.rows = new Set(all);
    view.folded.columns = new Set(all);
    arrange();
  });
}

function drawLegend() {
  const item = (mark, text) => make("li", {}, make("span", { class: `mark ${mark}` }), text);
  document.getElementById("legend").replaceChildren(
    item("s3", "all ports"), item("s2", "some ports"), item("s1", "none"),
    namespaces.some((ns) => ns.external) ? item("ext", "outside the cluster") : "",
    raw.kinds.some(([ports, always]) => ports !== always) ? item("varies", "some replicas only") : "");
}

view.listeners.push((what) => (what === "filters" ? arrange() : schedule()));
new ResizeObserver(resize).observe(grid);
