// The list: connections under the filters as a plain table, for reading aloud, copying and searching in the browser.

const ROWS = 1000;

function showList() {
  const body = document.querySelector("#list tbody");
  const rows = [];
  let total = 0;
  for (const src of view.sources) {
    for (const dst of view.destinations) {
      if (state(src.id, dst.id) < SOME) continue;
      total += 1;
      if (total > ROWS) continue;
      const it = cell(src, dst);
      const open = () => select({ src, dst });
      rows.push(make("tr", { onclick: open },
        make("td", {}, make("bdi", {}, src.full)),
        make("td", {}, make("bdi", {}, dst.full)),
        make("td", {}, make("button", { type: "button", class: "link", onclick: open }, portsText(it.ports)),
          it.varies && make("span", { class: "hint" }, " some replicas only"))));
    }
  }
  body.replaceChildren(...rows);
  document.getElementById("more").textContent = total > ROWS
    ? `The first ${ROWS.toLocaleString("en")} of ${total.toLocaleString("en")} connections: filter to see the others.`
    : total ? "" : "No connection under these filters.";
}

view.listeners.push((what) => { if (what === "filters" && !document.getElementById("list").hidden) showList(); });
