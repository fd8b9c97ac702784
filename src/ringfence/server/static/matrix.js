// Draws the matrix of a cluster on a canvas: only what is in view, so that a million cells scroll like a few.
"use strict";
(() => {
  const form = document.getElementById("sheet-form");
  const box = document.getElementById("sheet");
  if (!form || !box) return;
  const space = box.firstElementChild;
  const canvas = space.firstElementChild;
  const told = document.getElementById("sheet-cell");
  const panel = document.getElementById("sheet-panel");
  const counted = document.getElementById("sheet-counted");
  const table = document.getElementById("sheet-table");
  const field = (name) => form.elements.namedItem(name);
  const SIZE = 20; // of a cell, in CSS pixels
  const TABLE = 40; // rows and columns of the table beside the canvas
  const head = { left: 0, top: 0 };
  let data = null; // as it was answered, with `at`, its cells as numbers
  let wanted = null; // by class: whether it has the port that is asked for
  let rows = [], columns = [];
  let cursor = { row: 0, column: 0 };
  let frame = 0;

  const numbers = (text, width) => {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return width === 1 ? bytes : width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  };
  const value = (row, column) => {
    const found = data.at[row * data.destinations.length + column];
    return wanted && !wanted[found] ? 0 : found;
  };
  const most = (row, column) => {
    const { sources, destinations } = data.sizes;
    return sources[row] * (destinations[column] - (data.sources[row] === data.destinations[column] ? 1 : 0));
  };
  const ends = (row, column) => `${data.sources[row]} → ${data.destinations[column]}`;
  const allowed = (row, column) => {
    const found = value(row, column);
    if (data.sizes) return `${found} of ${most(row, column)} pairs of workloads`;
    return data.classes[found].text + (data.classes[found].varies ? ", for some replicas only" : "");
  };
  const isWhole = (row, column, found) => (data.sizes ? found >= most(row, column) : !data.classes[found].varies);

  // ---- what is shown, and in which order --------------------------------------------------------------------------

  const hasPort = (text) => {
    const [, number, protocol] = /^\s*(\d+)\s*(?:\/\s*(\w+))?\s*$/.exec(text) ?? [];
    if (!number || data.sizes) return null;
    const has = (ports) => (ports ?? []).some(([low, high]) => low <= +number && +number <= high);
    return data.classes.map(({ ports }) =>
      protocol ? has(ports[protocol.toUpperCase()]) : ["TCP", "UDP", "SCTP"].some((each) => has(ports[each])));
  };
  const named = (names, text, spaces) => {
    const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    names.forEach((name, place) => {
      const plain = name.toLowerCase();
      if (parts.every((part) => plain.includes(part)) && (!spaces || name === spaces || name.startsWith(`${spaces}/`))) found.push(place);
    });
    return found;
  };
  const arrange = () => {
    const sought = { row: rows[cursor.row], column: columns[cursor.column] };
    wanted = hasPort(field("port").value);
    rows = named(data.sources, field("source").value, field("from").value);
    columns = named(data.destinations, field("destination").value, field("to").value);
    const perRow = new Uint32Array(data.sources.length), perColumn = new Uint32Array(data.destinations.length);
    let total = 0;
    for (const row of rows) {
      for (const column of columns) {
        const found = value(row, column);
        if (!found) continue;
        const weight = data.sizes ? found : 1;
        total += weight;
        perRow[row] += weight;
        perColumn[column] += weight;
      }
    }
    if (field("connected").checked || wanted) {
      rows = rows.filter((row) => perRow[row]);
      columns = columns.filter((column) => perColumn[column]);
    }
    const short = (name) => name.slice(name.lastIndexOf("/") + 1);
    const orders = {
      namespace: () => () => 0, // as it was answered
      name: (names) => (a, b) => (short(names[a]) < short(names[b]) ? -1 : short(names[a]) > short(names[b]) ? 1 : a - b),
      number: (_, per) => (a, b) => per[b] - per[a] || a - b,
    };
    const order = orders[field("sort").value];
    rows.sort(order(data.sources, perRow));
    columns.sort(order(data.destinations, perColumn));
    cursor = { row: Math.max(0, rows.indexOf(sought.row)), column: Math.max(0, columns.indexOf(sought.column)) };
    const what = data.sizes ? "namespaces" : "workloads";
    counted.textContent = `${rows.length.toLocaleString("en")} sources by ${columns.length.toLocaleString("en")} destinations (${what}), ${total.toLocaleString("en")} connections.`;
    measure();
    tabulate();
    if (document.activeElement === box) tell(cursor.row, cursor.column);
  };

  // ---- drawing ----------------------------------------------------------------------------------------------------

  const paper = matchMedia("print");
  const measure = () => {
    head.left = Math.min(260, Math.round(box.clientWidth * 0.35));
    head.top = 130;
    space.style.width = `${head.left + columns.length * SIZE + 1}px`;
    space.style.height = `${head.top + rows.length * SIZE + 1}px`;
    later();
  };
  const later = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const cut = (pen, text, room) => {
    if (pen.measureText(text).width <= room) return text;
    let end = Math.max(1, Math.floor((text.length * room) / pen.measureText(text).width) - 1);
    return `${text.slice(0, end)}…`;
  };
  const plain = (name) => (data.sizes ? name : name.split("/").slice(1).reverse().join(" "));
  const draw = () => {
    frame = 0;
    if (!data) return;
    let width = box.clientWidth, height = box.clientHeight, scale = devicePixelRatio || 1;
    if (paper.matches) { // which doesn't scroll: as much as is legible when it is made as wide as the page
      width = Math.max(width, Math.min(head.left + columns.length * SIZE + 1, 2 * width));
      height = Math.min(head.top + rows.length * SIZE + 1, Math.round(1.3 * width));
      scale = 2;
    }
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const [raised, ink, quiet, line, link, good, careful] = ["raised", "ink", "quiet", "line", "link", "good", "careful"].map(colour);
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.fillStyle = raised;
    pen.fillRect(0, 0, width, height);
    const first = { row: Math.floor(box.scrollTop / SIZE), column: Math.floor(box.scrollLeft / SIZE) };
    const last = {
      row: Math.min(rows.length, Math.ceil((box.scrollTop + height - head.top) / SIZE)),
      column: Math.min(columns.length, Math.ceil((box.scrollLeft + width - head.left) / SIZE)),
    };
    const x = (column) => head.left + column * SIZE - box.scrollLeft;
    const y = (row) => head.top + row * SIZE - box.scrollTop;
    pen.save();
    pen.beginPath();
    pen.rect(head.left, head.top, width, height);
    pen.clip();
    for (let row = first.row; row < last.row; row++) {
      for (let column = first.column; column < last.column; column++) {
        const found = value(rows[row], columns[column]);
        if (!found) continue;
        const whole = isWhole(rows[row], columns[column], found);
        pen.fillStyle = whole ? good : careful;
        if (whole) pen.fillRect(x(column) + 2, y(row) + 2, SIZE - 3, SIZE - 3);
        else pen.fillRect(x(column) + 2, y(row) + SIZE / 2, SIZE - 3, SIZE / 2 - 1); // half: told apart without colour
      }
    }
    pen.strokeStyle = line;
    pen.beginPath();
    for (let row = first.row; row <= last.row; row++) pen.moveTo(head.left, y(row) + 0.5), pen.lineTo(Math.min(width, x(last.column)), y(row) + 0.5);
    for (let column = first.column; column <= last.column; column++) pen.moveTo(x(column) + 0.5, head.top), pen.lineTo(x(column) + 0.5, Math.min(height, y(last.row)));
    pen.stroke();
    if (rows.length && columns.length) {
      pen.strokeStyle = link;
      pen.lineWidth = 3;
      pen.strokeRect(x(cursor.column) + 0.5, y(cursor.row) + 0.5, SIZE, SIZE);
      pen.lineWidth = 1;
    }
    pen.restore();
    pen.font = "13px system-ui, sans-serif";
    pen.textBaseline = "middle";
    pen.fillStyle = raised;
    pen.fillRect(0, 0, head.left, height);
    pen.fillRect(0, 0, width, head.top);
    pen.save();
    pen.beginPath();
    pen.rect(0, head.top, head.left, height);
    pen.clip();
    for (let row = first.row; row < last.row; row++) {
      pen.fillStyle = row === cursor.row ? link : ink;
      pen.fillText(cut(pen, plain(data.sources[rows[row]]), head.left - 10), 4, y(row) + SIZE / 2);
    }
    pen.restore();
    pen.save();
    pen.beginPath();
    pen.rect(head.left, 0, width, head.top);
    pen.clip();
    for (let column = first.column; column < last.column; column++) {
      pen.save();
      pen.translate(x(column) + SIZE / 2, head.top - 4);
      pen.rotate(-Math.PI / 2);
      pen.fillStyle = column === cursor.column ? link : ink;
      pen.fillText(cut(pen, plain(data.destinations[columns[column]]), head.top - 10), 0, 0);
      pen.restore();
    }
    pen.restore();
    pen.fillStyle = quiet;
    pen.fillText(cut(pen, "source ↓   destination →", head.left - 10), 4, head.top - 12);
    box.dataset.drawn = String(Number(box.dataset.drawn ?? 0) + 1);
  };

  // ---- words for what is drawn ------------------------------------------------------------------------------------

  const tell = (row, column) => {
    told.textContent = rows.length && columns.length ? `${ends(rows[row], columns[column])}: ${allowed(rows[row], columns[column])}.` : "Nothing to show: change the filters.";
  };
  const onePort = ({ ports }) => {
    const found = Object.entries(ports);
    const [[protocol, [[low, high], ...more]]] = found.length === 1 ? found : [["", [[0, 1]]]];
    return low === high && !more.length ? (protocol === "TCP" ? `${low}` : `${low}/${protocol}`) : "";
  };
  const show = () => {
    if (!rows.length || !columns.length) return;
    const row = rows[cursor.row], column = columns[cursor.column];
    const title = Object.assign(document.createElement("h2"), { textContent: ends(row, column) });
    const text = Object.assign(document.createElement("p"), { textContent: `Allowed: ${allowed(row, column)}.` });
    const link = document.createElement("a");
    const query = new URLSearchParams(data.sizes ? { src: data.sources[row], dst: data.destinations[column] } : { source: data.sources[row], destination: data.destinations[column] });
    const port = data.sizes ? "" : onePort(data.classes[value(row, column)]);
    if (port) query.set("port", port);
    link.href = `${data.sizes ? "/matrix" : "/why"}?${query}`;
    link.textContent = data.sizes ? "The workloads of the two" : "Why";
    const last = document.createElement("p");
    last.append(link);
    panel.replaceChildren(title, text, last);
    panel.hidden = false;
  };
  const tabulate = () => {
    table.replaceChildren();
    if (rows.length > TABLE || columns.length > TABLE) {
      table.append(Object.assign(document.createElement("p"), { textContent: `Filter to at most ${TABLE} sources and destinations to read them as a table.` }));
      return;
    }
    const made = document.createElement("table");
    const cell = (line, name, text, scope) => {
      const added = Object.assign(document.createElement(name), { textContent: text });
      if (scope) added.scope = scope;
      line.append(added);
    };
    const top = made.createTHead().insertRow();
    cell(top, "td", "");
    for (const column of columns) cell(top, "th", data.destinations[column], "col");
    const body = made.createTBody();
    for (const row of rows) {
      const line = body.insertRow();
      cell(line, "th", data.sources[row], "row");
      for (const column of columns) cell(line, "td", value(row, column) ? allowed(row, column) : "");
    }
    table.append(made);
  };

  // ---- moving about -----------------------------------------------------------------------------------------------

  const move = (row, column) => {
    cursor = { row: Math.max(0, Math.min(rows.length - 1, row)), column: Math.max(0, Math.min(columns.length - 1, column)) };
    const inside = { width: box.clientWidth - head.left, height: box.clientHeight - head.top };
    const left = cursor.column * SIZE, top = cursor.row * SIZE;
    if (left < box.scrollLeft) box.scrollLeft = left;
    if (left + SIZE > box.scrollLeft + inside.width) box.scrollLeft = left + SIZE - inside.width + 2;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + SIZE > box.scrollTop + inside.height) box.scrollTop = top + SIZE - inside.height + 2;
    tell(cursor.row, cursor.column);
    later();
  };
  const under = ({ clientX, clientY }) => {
    const { left, top } = box.getBoundingClientRect();
    const row = Math.floor((clientY - top - box.clientTop - head.top + box.scrollTop) / SIZE);
    const column = Math.floor((clientX - left - box.clientLeft - head.left + box.scrollLeft) / SIZE);
    const inside = clientX - left >= head.left && clientY - top >= head.top && rows[row] !== undefined && columns[column] !== undefined;
    return inside ? { row, column } : null;
  };
  box.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor((box.clientHeight - head.top) / SIZE) - 1);
    const { row, column } = cursor;
    const moves = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
      Home: [event.ctrlKey ? 0 : row, 0], End: [event.ctrlKey ? rows.length - 1 : row, columns.length - 1],
    };
    if (event.key === "Enter") {
      show();
      panel.focus();
    } else if (moves[event.key]) move(...moves[event.key]);
    else return;
    event.preventDefault();
  });
  box.addEventListener("focus", () => tell(cursor.row, cursor.column));
  box.addEventListener("scroll", later, { passive: true });
  box.addEventListener("mousemove", (event) => {
    const at = under(event);
    if (at) tell(at.row, at.column);
  });
  box.addEventListener("click", (event) => {
    const at = under(event);
    if (!at) return;
    move(at.row, at.column);
    show();
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    panel.hidden = true;
    box.focus();
  });
  new ResizeObserver(() => data && measure()).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", later);
  paper.addEventListener("change", draw); // at once: there is no next frame
  let before = [0, 0];
  addEventListener("beforeprint", () => { before = [box.scrollLeft, box.scrollTop]; });
  addEventListener("afterprint", () => requestAnimationFrame(() => box.scrollTo(...before)));

  // ---- asking -----------------------------------------------------------------------------------------------------

  const fill = (select, names) => {
    const spaces = [...new Set(names.map((name) => name.split("/")[0]))].sort();
    const options = spaces.map((name) => new Option(name, name, false, name === select.value));
    select.replaceChildren(new Option("all", ""), ...options);
  };
  const ask = async () => {
    counted.textContent = "Asking …";
    const query = new URLSearchParams({ by: field("by").value });
    for (const name of ["src", "dst"]) if (box.dataset[name]) query.append(name, box.dataset[name]);
    const answer = await fetch(`/api/v1/matrix?${query}`);
    const found = await answer.json();
    if (!answer.ok) {
      counted.textContent = found.detail;
      return;
    }
    data = { ...found, at: numbers(found.cells, found.width) };
    delete data.cells;
    fill(field("from"), data.sources);
    fill(field("to"), data.destinations);
    field("port").disabled = Boolean(data.sizes);
    arrange();
  };
  let waiting = 0;
  form.addEventListener("input", ({ target }) => {
    clearTimeout(waiting);
    if (target.name === "by") ask();
    else waiting = setTimeout(() => data && arrange(), 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("sheet-whole").hidden = false;
  document.getElementById("plain")?.remove();
  ask();
})();
