// Draws what /api/v1/map answers. Places come from the server; here they are only shown, searched and lit.
"use strict";
(() => {
  const drawing = document.getElementById("drawing");
  if (!drawing) return;
  const MOST_LINES = 700; // with more, the lines of a box are drawn when it is chosen
  const form = document.getElementById("filters");
  const panel = document.getElementById("panel");
  const told = document.getElementById("told");
  const main = document.getElementById("main");
  const motion = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  let report; // the MapReport that is drawn
  let lines = new Map(); // what is between two boxes, both ways, by their names
  let chosen = null; // {name} or {source, target}
  let cy;
  let places; // of boxes, by name
  let middle; // of the picture

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const said = (text) => { told.textContent = text; };
  const key = (a, b) => (a < b ? `${a} ${b}` : `${b} ${a}`);
  const turned = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g; // would turn the text around them
  const plain = (text) => text.replace(turned, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);

  const pen = document.createElement("canvas").getContext("2d");
  const cut = (text, font, width) => {
    pen.font = font;
    if (pen.measureText(text).width <= width) return text;
    let end = Math.min(text.length, 200);
    while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > width) end -= 1;
    return `${text.slice(0, end)}…`;
  };

  // ---- what is asked for: the form, and the namespaces that are unfolded

  const unfolded = () => [...form.querySelectorAll("input[name=unfold]")].map((input) => input.value);
  const unfold = (names) => {
    for (const input of form.querySelectorAll("input[name=unfold]")) input.remove();
    for (const name of names.length ? names : ["-"]) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "unfold", value: name }));
    }
  };
  let good = unfolded(); // of the last map that was drawn
  const query = () => {
    const found = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) found.append(name, value);
    return found.toString();
  };

  // ---- boxes and lines

  const share = (some, all) => (all && some === all ? "closed" : some ? "half" : "open");
  const glyph = { closed: "■", half: "◧", open: "□" };
  const FONT = "14px system-ui, sans-serif";
  const label = (node) => {
    const title = cut(plain(node.title), FONT, node.width - 22);
    if (node.kind === "outside") return title;
    const ingress = glyph[share(node.isolatedIngress, node.pods)];
    const egress = glyph[share(node.isolatedEgress, node.pods)];
    if (node.unfolded) return cut(`${plain(node.title)}   in ${ingress}  out ${egress}`, FONT, node.width - 30);
    const number = node.kind === "namespace" ? node.workloads : node.pods;
    const what = node.kind === "namespace" ? "workload" : node.hostNetwork ? "host pod" : "pod";
    return `${title}\n${number} ${what}${number === 1 ? "" : "s"}  in ${ingress} out ${egress}`;
  };
  const guard = (node) => {
    if (node.kind === "outside") return "outside";
    const both = [share(node.isolatedIngress, node.pods), share(node.isolatedEgress, node.pods)];
    return both[0] === both[1] ? both[0] : "half";
  };
  const boxes = () => report.nodes.map((node) => ({
    group: "nodes",
    data: {
      id: `n ${node.id}`, parent: node.parent && `n ${node.parent}`, name: node.id, label: label(node),
      width: node.width, height: node.height, inner: node.height - 36,
    },
    position: node.unfolded ? undefined : { x: node.x, y: node.y },
    classes: `${node.kind} ${guard(node)}${node.unfolded ? " unfolded" : ""}`,
    grabbable: false,
  }));

  const sum = () => {
    const found = new Map();
    for (const edge of report.edges) {
      const name = key(edge.source, edge.target);
      const known = found.get(name) || { source: edge.source, target: edge.target, there: null, back: null };
      if (edge.source === known.source) known.there = edge;
      else known.back = edge;
      found.set(name, known);
    }
    return found;
  };

  // A line bends towards the middle of the picture, the more the longer it is: lines of one direction run together.
  // Where the bend would lie within a box at its end, it is less.
  const bend = (line) => {
    const a = places.get(line.source), b = places.get(line.target);
    const x = b.x - a.x, y = b.y - a.y, length = Math.hypot(x, y) || 1;
    const off = ((middle.x - (a.x + b.x) / 2) * -y + (middle.y - (a.y + b.y) / 2) * x) / length;
    const most = a.parent && a.parent === b.parent ? length * 0.12 : off * 0.55;
    const free = (far) => [a, b].every((box) => {
      const at = { x: (a.x + b.x) / 2 - (y / length) * far, y: (a.y + b.y) / 2 + (x / length) * far };
      return Math.abs(at.x - box.x) > box.width / 2 + 4 || Math.abs(at.y - box.y) > box.height / 2 + 4;
    });
    return [1, 0.7, 0.45, 0.25, 0.1].map((part) => most * part).find(free) ?? 0;
  };
  const drawnLine = (line) => {
    const both = [line.there, line.back].filter(Boolean);
    const pairs = Math.max(...both.map((edge) => edge.pairs));
    const kind = both.some((edge) => edge.denied) ? "denied" : both.some((edge) => edge.full) ? "full" : "some";
    const ends = `${line.there && line.there.pairs ? " there" : ""}${line.back && line.back.pairs ? " back" : ""}`;
    return {
      group: "edges",
      data: {
        id: `e ${key(line.source, line.target)}`, source: `n ${line.source}`, target: `n ${line.target}`,
        from: line.source, to: line.target, bend: bend(line), thick: 1.2 + Math.log2(1 + pairs) * 0.45,
        calm: Math.min(0.6, Math.max(0.14, 24 / lines.size)),
      },
      classes: kind + ends,
    };
  };

  const setOut = () => {
    lines = sum();
    places = new Map(report.nodes.map((node) => [node.id, node]));
    const tops = report.nodes.filter((node) => !node.parent);
    const span = (values) => (Math.min(...values) + Math.max(...values)) / 2;
    middle = tops.length ? { x: span(tops.map((node) => node.x)), y: span(tops.map((node) => node.y)) } : { x: 0, y: 0 };
  };
  const many = () => lines.size > MOST_LINES;
  const drawLines = (wanted) => cy.add(wanted.map(drawnLine));

  const style = () => {
    const ink = colour("--ink"), raised = colour("--raised");
    const borders = ["closed", "half", "open", "outside"].map((name) => ({
      selector: `node.${name}`,
      style: { "border-color": colour(`--map-${name}`), "border-style": name === "open" ? "dashed" : "solid" },
    }));
    const kinds = [["some", "--map-some"], ["full", "--map-full"], ["denied", "--map-denied"]].map(([name, value]) => ({
      selector: `edge.${name}`, style: { "line-color": colour(value), "target-arrow-color": colour(value), "source-arrow-color": colour(value) },
    }));
    return [
      { selector: "node", style: {
        shape: "round-rectangle", width: "data(width)", height: "data(height)", "background-color": raised, "border-width": 2,
        label: "data(label)", color: ink, "font-family": "system-ui, sans-serif", "font-size": 14, "line-height": 1.35,
        "text-valign": "center", "text-halign": "center", "text-wrap": "wrap", "text-max-width": 4000, "overlay-opacity": 0,
      } },
      { selector: "node.outside", style: { "background-color": colour("--map-space"), "corner-radius": 29 } },
      { selector: "node.namespace", style: { "background-color": colour("--map-space") } },
      { selector: "node.unfolded", style: {
        padding: 18, "min-height": "data(inner)", "min-height-bias-top": "100%", "min-height-bias-bottom": "0%",
        "text-valign": "top", "text-margin-y": 26, "font-weight": 600, "border-width": 1.5, "compound-sizing-wrt-labels": "exclude",
      } },
      ...borders,
      { selector: "edge", style: {
        width: "data(thick)", "curve-style": "unbundled-bezier", "control-point-distances": (edge) => edge.data("bend"),
        "control-point-weights": 0.5, "edge-distances": "node-position", opacity: "data(calm)", "arrow-scale": 0.9, "overlay-opacity": 0,
      } },
      ...kinds,
      { selector: "edge.there", style: { "target-arrow-shape": "triangle" } },
      { selector: "edge.back", style: { "source-arrow-shape": "triangle" } },
      { selector: "edge.denied", style: { "line-style": "dashed" } },
      { selector: "node.faded", style: { opacity: 0.3 } },
      { selector: "node.unfolded.faded", style: { opacity: 0.7 } },
      { selector: "edge.faded", style: { opacity: 0.05 } },
      { selector: "edge.lit", style: { opacity: 0.95, "z-index": 5 } },
      { selector: "node.lit", style: { opacity: 1, "z-index": 6 } },
      { selector: "node.chosen", style: { "border-width": 4, "border-color": colour("--link"), "border-style": "solid" } },
      { selector: "edge.chosen", style: { width: 5 } },
      { selector: "edge.fresh", style: { "underlay-color": colour("--link"), "underlay-opacity": 0.35, "underlay-padding": 5 } },
      { selector: "node:active", style: { "overlay-opacity": 0 } },
      { selector: "core", style: { "active-bg-opacity": 0, "selection-box-opacity": 0, "outside-texture-bg-opacity": 0 } },
    ];
  };

  // ---- light

  const box = (name) => cy.getElementById(`n ${name}`);
  const within = (name) => { const found = box(name); return found.union(found.descendants()); };
  const light = () => {
    cy.batch(() => {
      cy.elements().removeClass("faded lit chosen");
      if (many()) cy.edges().remove();
      if (!chosen) return;
      if (chosen.name) {
        const own = within(chosen.name);
        if (own.empty()) return;
        if (many()) {
          const names = new Set(own.map((node) => node.data("name")));
          drawLines([...lines.values()].filter((line) => names.has(line.source) || names.has(line.target)));
        }
        const near = own.connectedEdges();
        const kept = own.union(near).union(near.connectedNodes());
        cy.elements().not(kept).not(kept.ancestors()).addClass("faded");
        kept.addClass("lit");
        box(chosen.name).addClass("chosen");
      } else {
        const name = key(chosen.source, chosen.target);
        if (many() && lines.has(name)) drawLines([lines.get(name)]);
        const line = cy.getElementById(`e ${name}`);
        const kept = line.union(line.connectedNodes());
        if (kept.empty()) return;
        cy.elements().not(kept).not(kept.ancestors()).addClass("faded");
        kept.addClass("lit");
        line.addClass("chosen");
      }
    });
  };
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : noun.endsWith("x") ? "es" : "s"}`;
  const summary = () => {
    const much = `${count(report.nodes.length, "box")}, ${count(report.edges.length, "connection")}.`;
    said(many() ? `${much} These are too many lines for one picture: choose a box to see its own.` : much);
  };

  let turn = 0; // of those who ask for the panel, the last one gets it
  let written = ""; // what the panel shows, as it came
  const show = async (path, values, { follow = false, again = false } = {}) => {
    turn += 1;
    const mine = turn;
    const answer = await fetch(`${path}?${new URLSearchParams(values)}`, { headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    if (mine !== turn || (again && text === written)) return; // who reads it isn't disturbed by the same once more
    written = text;
    const found = new DOMParser().parseFromString(text, "text/html").body;
    panel.replaceChildren(...[...found.childNodes].map((node) => document.adoptNode(node)));
    htmx.process(panel);
    if (!again) panel.scrollTop = 0;
    if (follow) panel.querySelector("h2")?.focus();
  };
  const showChosen = (how) => (chosen.name
    ? show("/map/node", { name: chosen.name }, how)
    : show("/map/edge", { source: chosen.source, target: chosen.target }, how));
  // Moves the picture only where the box can't be seen, and comes closer only where its name can't be read.
  const reveal = (found) => {
    const seen = cy.extent(), at = found.boundingBox();
    const inside = at.x1 >= seen.x1 && at.x2 <= seen.x2 && at.y1 >= seen.y1 && at.y2 <= seen.y2;
    if (inside && cy.zoom() >= 0.5) return;
    const target = { center: { eles: found }, zoom: Math.max(cy.zoom(), 0.7) };
    if (motion) cy.animate({ ...target, duration: 250 });
    else { cy.zoom(target.zoom); cy.center(found); }
  };
  const choose = (what, follow = false, center = false) => {
    chosen = what;
    light();
    showChosen({ follow });
    if (center && what.name && box(what.name).nonempty()) reveal(box(what.name));
  };
  const release = () => { chosen = null; light(); summary(); };

  // A line stands for both ways; the panel shows the one that is allowed, and how to come to the other.
  const chooseLine = (edge) => {
    const line = lines.get(key(edge.data("from"), edge.data("to")));
    const way = line.there || line.back;
    choose({ source: way.source, target: way.target });
  };

  // ---- drawing

  const draw = (fresh) => {
    setOut();
    const before = new Set(cy.edges().map((edge) => edge.id()));
    cy.batch(() => {
      cy.elements().remove();
      cy.add(boxes());
      if (!many()) drawLines([...lines.values()]);
    });
    if (fresh && before.size && !many()) {
      const added = cy.edges().filter((edge) => !before.has(edge.id())).addClass("fresh");
      setTimeout(() => added.removeClass("fresh"), 6000);
    }
    summary();
    light();
  };
  const fit = () => cy.fit(undefined, 24);
  // Says whether something else is drawn now.
  const load = async ({ keep = false, push = true } = {}) => {
    const asked = query();
    const answer = await fetch(`/api/v1/map?${asked}`);
    const found = await answer.json();
    if (!answer.ok) { unfold(good.filter((name) => name !== "-")); said(found.detail); return false; }
    if (keep && JSON.stringify(found) === JSON.stringify(report)) return false;
    report = found;
    good = unfolded();
    const same = keep ? { pan: { ...cy.pan() }, zoom: cy.zoom() } : null;
    draw(keep);
    if (same) cy.viewport(same);
    else fit();
    if (push) history.replaceState(null, "", `/map?${asked}`);
    await htmx.ajax("GET", `/map?${asked}`, { target: "#listed", select: "#listed", swap: "outerHTML" });
    return true;
  };
  const start = async () => {
    const answer = await fetch(`/api/v1/map?${query()}`);
    if (!answer.ok) { said((await answer.json()).detail); return; }
    report = await answer.json();
    setOut();
    cy = cytoscape({
      container: drawing, elements: [...boxes(), ...(many() ? [] : [...lines.values()].map(drawnLine))],
      style: style(), layout: { name: "preset", fit: true, padding: 24 }, minZoom: 0.05, maxZoom: 3, boxSelectionEnabled: false,
      autoungrabify: true, selectionType: "single", autounselectify: true,
    });
    cy.on("tap", (event) => { if (event.target === cy) release(); });
    cy.on("tap", "node", (event) => choose({ name: event.target.data("name") }));
    cy.on("tap", "edge", (event) => chooseLine(event.target));
    cy.on("dbltap", "node.namespace", (event) => toggle(event.target.data("name")));
    cy.on("mouseover", "node, edge", () => { drawing.classList.add("over"); });
    cy.on("mouseout", "node, edge", () => { drawing.classList.remove("over"); });
    new ResizeObserver(() => cy.resize()).observe(drawing);
    document.getElementById("tools").hidden = false;
    summary();
    drawing.dataset.drawn = "yes";
  };

  const toggle = (name) => {
    const names = unfolded().filter((each) => each !== "-");
    unfold(names.includes(name) ? names.filter((each) => each !== name) : [...names, name]);
    return load();
  };
  const doing = {
    in: () => cy.zoom({ level: cy.zoom() * 1.25, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }),
    out: () => cy.zoom({ level: cy.zoom() / 1.25, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }),
    fit,
    unfold: () => {
      unfold(report.nodes.filter((node) => node.kind === "namespace").map((node) => node.id));
      return load();
    },
    fold: () => { unfold([]); return load(); },
  };
  document.getElementById("tools").addEventListener("click", (event) => doing[event.target.dataset.do]?.());

  // ---- tables and panel: every link of them is an address that works by itself

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-node], a[data-source], a[data-toggle]");
    if (!link || !cy || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.dataset.toggle) {
      const name = link.dataset.toggle;
      toggle(name).then(() => document.querySelector(`a[data-toggle="${CSS.escape(name)}"]`)?.focus());
    } else if (link.dataset.node) {
      choose({ name: link.dataset.node }, true, true);
    } else {
      choose({ source: link.dataset.source, target: link.dataset.target }, true);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && chosen && cy) {
      const back = chosen.name
        ? document.querySelector(`#listed a[data-node="${CSS.escape(chosen.name)}"]`)
        : document.querySelector(`#listed a[data-source="${CSS.escape(chosen.source)}"][data-target="${CSS.escape(chosen.target)}"]`);
      release();
      back?.focus();
      return;
    }
    const row = event.target.closest?.("#listed tbody tr, #panel li");
    if (!row || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
    const link = next?.querySelector("a");
    if (link) { event.preventDefault(); link.focus(); }
  });

  form.addEventListener("submit", (event) => {
    if (!cy) return;
    event.preventDefault();
    load();
  });
  form.addEventListener("change", () => { if (cy) load(); });

  // ---- search

  const find = document.getElementById("find");
  const list = document.getElementById("found");
  const names = async (text) => {
    const drawn = report.nodes.filter((node) => node.id.toLowerCase().includes(text.toLowerCase()) || node.title.toLowerCase().includes(text.toLowerCase())).map((node) => node.id);
    const answer = await fetch(`/api/v1/endpoints?role=source&q=${encodeURIComponent(text.slice(0, 200))}`);
    return [...new Set([...drawn, ...(answer.ok ? (await answer.json()).endpoints : [])])].slice(0, 50);
  };
  let waiting;
  find.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const text = find.value.trim();
      if (!text || !cy) return;
      list.replaceChildren(...(await names(text)).map((name) => Object.assign(document.createElement("option"), { value: name })));
    }, 120);
  });
  const jump = async () => {
    const text = find.value.trim();
    if (!text || !cy) return;
    const found = await names(text);
    const name = found.includes(text) ? text : found[0];
    if (!name) { said(`Nothing is called ${plain(text)}.`); return; }
    await show("/map/node", { name });
    const shown = panel.querySelector(".looked");
    if (!shown) return;
    if (box(shown.dataset.name).empty() && shown.dataset.within && box(shown.dataset.within).nonempty()) await toggle(shown.dataset.within);
    choose({ name: shown.dataset.name }, false, true);
    said(`${plain(shown.dataset.name)} is shown.`);
  };
  find.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); jump(); } });
  find.addEventListener("change", () => { if ([...list.options].some((option) => option.value === find.value)) jump(); });

  // ---- a cluster and records that change, and colours that do

  document.addEventListener("ringfence:changed", (event) => {
    if (!cy) return;
    event.preventDefault();
    load({ keep: true, push: false }).then((differs) => {
      if (chosen) showChosen({ again: true });
      if (differs) said(`${main.dataset.changed || "The cluster changed."} ${told.textContent}`);
    });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy?.style(style()));
  start();
})();
