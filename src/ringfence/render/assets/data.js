// The answer: ends, cells and reasons, decoded from the page's JSON.

const raw = JSON.parse(document.getElementById("data").textContent);
const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const KIND_SHORT = {
  Deployment: "deploy", StatefulSet: "sts", DaemonSet: "ds", ReplicaSet: "rs", ReplicationController: "rc",
  Job: "job", CronJob: "cronjob", Pod: "pod",
};
const EXTERNAL = "External";

const namespaces = raw.namespaces.map((name, id) => ({ id, name: name || EXTERNAL, external: !name, ends: [] }));
const ends = raw.ends.map(([ns, kind, name], id) => {
  const space = namespaces[ns];
  const full = space.external ? name : [space.name, kind, name].filter(Boolean).join("/");
  const end = { id, ns: space, kind, short: KIND_SHORT[kind] ?? kind.toLowerCase(), name, full, external: space.external };
  end.haystack = `${full} ${space.name}`.toLowerCase();
  space.ends.push(end);
  return end;
});
const COUNT = ends.length;
const PORTS_NONE = 0;
const PORTS_ALL = 1;

// One kind number a cell, row by row.
const cells = new Uint32Array(COUNT * COUNT);
{
  let at = 0;
  for (const row of raw.rows) {
    for (let i = 0; i < row.length; i += 2) {
      cells.fill(row[i], at, at + row[i + 1]);
      at += row[i + 1];
    }
  }
}

const NA = 0, NONE = 1, SOME = 2, ALL = 3;

function cell(src, dst) {
  const [ports, always, egress, ingress] = raw.kinds[cells[src.id * COUNT + dst.id]];
  return { ports, always, egress, ingress, varies: ports !== always };
}

// "5432", "53/udp", "tcp" or "8000-8100/tcp" as [protocol or -1, lo, hi]; null for no or no valid filter.
function parsePort(text) {
  const match = /^\s*(?:(\d{1,5})(?:-(\d{1,5}))?)?\s*\/?\s*(tcp|udp|sctp)?\s*$/i.exec(text);
  if (!match || (!match[1] && !match[3])) return null;
  const low = match[1] ? Number(match[1]) : 1;
  return [match[3] ? PROTOCOLS.indexOf(match[3].toUpperCase()) : -1, low, match[2] ? Number(match[2]) : match[1] ? low : 65535];
}

// The state of every kind of cell under a port filter: what a cell shows when only that port is of interest.
function statesFor(port) {
  return Uint8Array.from(raw.kinds, ([ports]) => {
    if (ports < 0) return NA;
    if (ports === PORTS_NONE) return NONE;
    const touches = !port || raw.ports[ports].some(
      ([protocol, lo, hi]) => (port[0] < 0 || port[0] === protocol) && lo <= port[2] && hi >= port[1]);
    return touches ? (ports === PORTS_ALL ? ALL : SOME) : NONE;
  });
}

function spansText(spans) {
  return spans.map(([lo, hi]) => (lo === hi ? `${lo}` : lo === 1 && hi === 65535 ? "any" : `${lo}-${hi}`)).join(", ");
}

function byProtocol(ports) {
  return PROTOCOLS.map((name, protocol) => [name, raw.ports[ports].filter((s) => s[0] === protocol).map((s) => s.slice(1))])
    .filter(([, spans]) => spans.length);
}

function portsText(ports) {
  if (ports === PORTS_NONE) return "no ports";
  if (ports === PORTS_ALL) return "all ports";
  return byProtocol(ports).map(([name, spans]) => `${name} ${spansText(spans)}`).join(" · ");
}

function reasonsOf(set) {
  return raw.sets[set].map((id) => {
    const [policy, rule, origin, text] = raw.reasons[id].map((string) => raw.strings[string]);
    return { policy, rule, origin, text };
  });
}
