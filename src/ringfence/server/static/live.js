// Follows what the page shows: when it changes, the page is shown anew, or says so where something is typed in.
// A page's own script may take it over: it hears "ringfence:changed" on the document and prevents its default.
"use strict";
(() => {
  const mark = document.querySelector("meta[name=ringfence-revision]");
  if (!mark) return;
  const of = mark.dataset.of;
  let revision = mark.content;
  let shown; // the last main part that was fetched, as text
  const rest = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

  const main = () => document.getElementById("main");
  const dirty = () => [...main().querySelectorAll("input, textarea, select")].some((field) => {
    if (field === document.activeElement) return true;
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.options) return [...field.options].some((option) => option.selected !== option.defaultSelected) && field.selectedIndex > 0;
    return field.type !== "hidden" && field.value !== field.defaultValue;
  });
  const tell = () => {
    if (document.getElementById("changed")) return;
    const told = Object.assign(document.createElement("p"), { id: "changed", className: "verdict conditional" });
    told.setAttribute("role", "status");
    told.append(`${main().dataset.changed || "The cluster changed."} `, Object.assign(document.createElement("a"), { href: location.href, textContent: "Show it as it is now" }));
    main().prepend(told);
  };
  const open = () => [...main().querySelectorAll("details")].map((each) => each.open);
  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = page.getElementById("main");
    if (!next || answer.redirected) return;
    const text = next.innerHTML;
    if (text === (shown ?? main().innerHTML)) return;
    shown = text;
    const before = open();
    main().replaceChildren(...[...next.childNodes].map((node) => document.adoptNode(node)));
    main().querySelectorAll("details").forEach((each, number) => { if (number < before.length) each.open = before[number]; });
    htmx.process(main());
  };
  // Says whether there is more to follow: a page that only tells that something changed has told it.
  const follow = async () => {
    const event = new CustomEvent("ringfence:changed", { cancelable: true, detail: { revision } });
    if (!document.dispatchEvent(event)) return true;
    const live = main().dataset.live === "refresh";
    if (!live || dirty()) tell(); else await renew();
    return live;
  };
  const watch = async () => {
    for (;;) {
      if (document.visibilityState === "hidden") { await rest(500); continue; }
      let pause = 2000;
      try {
        const answer = await fetch(`/api/v1/state?wait=20&of=${of}&revision=${encodeURIComponent(revision)}`);
        if (answer.status === 401 || answer.status === 403) { tell(); return; }
        if (answer.ok) {
          const state = await answer.json();
          pause = (state.retry || 0) * 1000;
          if (state.revision !== revision) {
            revision = state.revision;
            const began = performance.now();
            if (!await follow()) return;
            // A cluster without rest is followed at a pace that leaves the server time for others.
            pause = Math.min(10000, Math.max(250, 4 * (performance.now() - began)));
          }
        }
      } catch { pause = 3000; } // the server is away: it may come back
      await rest(pause);
    }
  };
  addEventListener("load", watch);
})();
