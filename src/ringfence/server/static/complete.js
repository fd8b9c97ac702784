// Completes names of endpoints from the API while they are typed. The form works without it.
"use strict";
const asked = new WeakMap();
const waiting = new WeakMap();
const complete = async (input) => {
  const number = (asked.get(input) ?? 0) + 1;
  asked.set(input, number);
  const answer = await fetch(`/api/v1/endpoints?role=${input.name}&q=${encodeURIComponent(input.value.slice(0, 200))}`);
  if (!answer.ok || number !== asked.get(input)) return;
  const names = (await answer.json()).endpoints;
  const options = names.map((name) => Object.assign(document.createElement("option"), { value: name }));
  document.getElementById(input.dataset.complete).replaceChildren(...options);
};
// The page may be shown anew while it is open: its fields are looked for when something happens in them.
document.addEventListener("focusin", ({ target }) => {
  if (target.matches("input[data-complete]") && !asked.has(target)) complete(target);
});
document.addEventListener("input", ({ target }) => {
  if (!target.matches("input[data-complete]")) return;
  clearTimeout(waiting.get(target));
  waiting.set(target, setTimeout(complete, 120, target));
});
