// Wires the page together: summary, tabs, filters, colours.

const byId = (id) => document.getElementById(id);

function drawSummary() {
  const sum = raw.summary;
  const number = (value) => value.toLocaleString("en");
  const share = (value) => (sum.pairs ? `${((100 * value) / sum.pairs).toFixed(1)} %` : "–");
  const entries = [
    [number(sum.pods), "pods", `${number(sum.workloads)} workloads in ${number(sum.namespaces)} namespaces, ${number(sum.host_network_pods)} pods on the host network`],
    [number(sum.policies), "policies", `${number(sum.isolated_ingress)} pods isolated for ingress, ${number(sum.isolated_egress)} for egress`],
    [share(sum.full), "pairs open", `${number(sum.full)} of ${number(sum.pairs)} pairs of pods may use every port`, "all"],
    [share(sum.partial), "in part", `${number(sum.partial)} pairs may use some ports`, "some"],
    [share(sum.denied), "denied", `${number(sum.denied)} pairs may use none`],
    [number(sum.to_external), "to outside", "pods that may reach some external address", "external"],
    [number(sum.from_external), "from outside", "pods that some external address may reach", "external"],
  ];
  byId("summary").replaceChildren(...entries.map(([value, name, title, colour = ""]) =>
    make("div", { title }, make("dt", {}, name), make("dd", { class: colour }, value))));
  if (raw.notes.length) {
    const notes = make("details", { id: "notes" }, make("summary", {}, raw.notes.length === 1 ? "1 note" : `${raw.notes.length} notes`),
      make("ul", {}, ...raw.notes.map(([severity, words]) => make("li", { class: severity }, make("bdi", {}, words)))));
    byId("summary").after(notes);
  }
}

function drawCount() {
  let open = 0;
  for (const src of view.sources) for (const dst of view.destinations) open += state(src.id, dst.id) >= SOME;
  byId("count").textContent = `${view.sources.length} × ${view.destinations.length} · ${open.toLocaleString("en")} allowed`;
}

const tabs = [...document.querySelectorAll("[role=tab]")];
function openTab(tab) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    byId(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  tip.hidden = true;
  ({ "tab-matrix": resize, "tab-graph": showGraph, "tab-list": showList })[tab.id]();
}
for (const tab of tabs) {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
    next.focus();
    openTab(next);
  });
}

let typing = 0;
function readFilters() {
  view.from = terms(byId("from").value);
  view.to = terms(byId("to").value);
  view.port = parsePort(byId("port").value);
  view.connected = byId("connected").checked;
  byId("port").classList.toggle("wrong", byId("port").value.trim() !== "" && !view.port);
  applyFilters();
}
byId("filters").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(readFilters, 60);
});
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("swap").addEventListener("click", () => {
  [byId("from").value, byId("to").value] = [byId("to").value, byId("from").value];
  readFilters();
});

byId("scheme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = (root.dataset.scheme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.scheme = dark ? "light" : "dark";
  readColours();
  schedule();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); schedule(); });
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && view.selected && !event.target.matches("input")) select(null);
  if (event.key === "/" && !event.target.matches("input, select")) {
    event.preventDefault();
    byId("from").focus();
  }
});

drawSummary();
drawLegend();
readColours();
view.listeners.push((what) => { if (what === "filters") drawCount(); });
applyFilters();
selectFromLink();
addEventListener("hashchange", selectFromLink);
draw();
document.documentElement.dataset.ready = Math.round(performance.now());
