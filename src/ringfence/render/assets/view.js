// What is shown: the filters, the folded namespaces and the selection. Parts of the page listen for its changes.

const view = {
  from: [], to: [], port: null, connected: false,
  folded: { rows: new Set(), columns: new Set() },
  states: statesFor(null),
  selected: null, // {src, dst} or {end}
  sources: ends, destinations: ends,
  listeners: [],
};

const state = (src, dst) => view.states[cells[src * COUNT + dst]];

// Every term must occur in the name; one that begins with "-" must not.
function terms(text) {
  return text.toLowerCase().split(/\s+/).filter((term) => term && term !== "-");
}
function matches(end, wanted) {
  return wanted.every((term) => (term[0] === "-" ? !end.haystack.includes(term.slice(1)) : end.haystack.includes(term)));
}

function applyFilters() {
  view.states = statesFor(view.port);
  let sources = ends.filter((end) => matches(end, view.from));
  let destinations = ends.filter((end) => matches(end, view.to));
  if (view.connected) {
    const open = (src, dst) => state(src.id, dst.id) >= SOME;
    const all = sources;
    sources = sources.filter((src) => destinations.some((dst) => open(src, dst)));
    destinations = destinations.filter((dst) => all.some((src) => open(src, dst)));
  }
  view.sources = sources;
  view.destinations = destinations;
  changed("filters");
}

function select(what) {
  view.selected = what;
  const hash = !what ? "" : what.end ? `#${encodeURIComponent(what.end.full)}`
    : `#${encodeURIComponent(what.src.full)}>${encodeURIComponent(what.dst.full)}`;
  history.replaceState(null, "", hash || location.pathname + location.search);
  changed("selection");
}

// A link to a cell or an end: "#src>dst" or "#end".
function selectFromLink() {
  let parts;
  try {
    parts = location.hash.slice(1).split(/>|%3E/i).map(decodeURIComponent);
  } catch {
    return; // no valid link: nothing is selected
  }
  const [src, dst] = parts.map((name) => ends.find((end) => end.full === name));
  if (src && dst) select({ src, dst });
  else if (src) select({ end: src });
}

function changed(what) {
  for (const listener of view.listeners) listener(what);
}

// An element with text and children; text is only ever text.
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}
