// The side panel: one cell with its ports and deciding rules, or one end with all it reaches and is reached by.

const panel = document.getElementById("panel");
const LISTED = 300;

const STATE_TEXT = { [NA]: "not applicable", [NONE]: "denied", [SOME]: "some ports", [ALL]: "all ports" };

function endButton(end) {
  return make("button", { type: "button", class: "end", title: end.full, onclick: () => select({ end }) },
    make("span", { class: "ns" }, end.external ? "" : `${end.ns.name} / `), make("bdi", {}, end.name),
    end.short && make("span", { class: "kind" }, end.short));
}

function portRows(ports) {
  if (ports === PORTS_ALL) return make("p", { class: "big" }, "all ports of TCP, UDP and SCTP");
  if (ports === PORTS_NONE) return make("p", { class: "big" }, "no ports");
  return make("table", { class: "ports" }, ...byProtocol(ports).map(([name, spans]) =>
    make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, spansText(spans)))));
}

function reasonList(title, set, end) {
  const items = reasonsOf(set);
  if (!items.length) return null;
  return make("section", {}, make("h3", {}, title, " ", make("bdi", { class: "kind" }, end.full)),
    make("ul", { class: "reasons" }, ...items.map((reason) => make("li", {},
      reason.policy && make("div", { class: "policy" }, make("bdi", {}, reason.policy),
        reason.rule && make("span", { class: "rule" }, reason.rule)),
      reason.text && make("div", {}, make("bdi", {}, reason.text)),
      reason.origin && make("code", {}, reason.origin)))));
}

function showCell({ src, dst }) {
  const it = cell(src, dst);
  if (it.ports < 0) {
    return [heading(src, dst, NA), make("p", {}, src === dst
      ? "Traffic of a workload to itself is not part of this answer."
      : "Both ends are outside the cluster.")];
  }
  const back = cell(dst, src);
  const rules = [
    reasonList("Egress from", it.egress, src),
    reasonList("Ingress to", it.ingress, dst),
  ].filter(Boolean);
  return [
    heading(src, dst, it.ports === PORTS_NONE ? NONE : it.ports === PORTS_ALL ? ALL : SOME),
    make("section", {}, make("h3", {}, it.varies ? "Ports for at least one pair of replicas" : "Ports"), portRows(it.ports)),
    it.varies && make("section", {}, make("h3", {}, "Ports for every pair of replicas"), portRows(it.always)),
    ...rules,
    !rules.length && it.ports === PORTS_NONE && !raw.explains && make("p", { class: "hint" },
      "Ask for the reason with: ", make("code", {}, `ringfence why … ${src.full} ${dst.full}`)),
    make("section", {}, make("h3", {}, "The other way"),
      make("button", { type: "button", class: "link", onclick: () => select({ src: dst, dst: src }) },
        back.ports < 0 ? "not applicable" : portsText(back.ports))),
  ];
}

function heading(src, dst, is) {
  return make("div", { class: "head" },
    make("span", { class: `badge s${is}` }, STATE_TEXT[is]),
    make("h2", {}, endButton(src), make("span", { class: "arrow" }, "→"), endButton(dst)));
}

function showEnd(end) {
  const lines = (title, others, connect) => {
    const open = others.filter((other) => state(...connect(other).map((one) => one.id)) >= SOME);
    return make("section", {}, make("h3", {}, `${title} (${open.length})`),
      make("ul", { class: "peers" }, ...open.slice(0, LISTED).map((other) => {
        const [src, dst] = connect(other);
        return make("li", {}, make("button", { type: "button", class: "peer", onclick: () => select({ src, dst }) },
          make("bdi", { class: "who" }, other.full), make("span", { class: "what" }, portsText(cell(src, dst).ports))));
      })),
      open.length > LISTED && make("p", { class: "hint" }, `${open.length - LISTED} more: see the list`));
  };
  return [
    make("div", { class: "head" }, make("h2", {}, endButton(end))),
    lines("May connect to", view.destinations, (other) => [end, other]),
    lines("May be reached by", view.sources, (other) => [other, end]),
  ];
}

function showPanel() {
  const what = view.selected;
  panel.hidden = !what;
  if (!what) return panel.replaceChildren();
  panel.replaceChildren(
    make("button", { type: "button", class: "close", "aria-label": "Close", onclick: () => select(null) }, "×"),
    ...(what.end ? showEnd(what.end) : showCell(what)).filter(Boolean));
  panel.scrollTop = 0;
}

view.listeners.push(showPanel);
