// Completes names of endpoints from the API while they are typed. The form works without it.
"use strict";
(() => {
  const asked = new WeakMap(); // what was asked last for a field, and when it is asked next
  const ask = async (input) => {
    const mine = asked.get(input);
    const number = ++mine.number;
    const answer = await fetch(`/api/v1/endpoints?role=${input.name}&q=${encodeURIComponent(input.value.slice(0, 200))}`);
    if (!answer.ok || number !== mine.number) return;
    const names = (await answer.json()).endpoints;
    const options = names.map((name) => Object.assign(document.createElement("option"), { value: name }));
    document.getElementById(input.dataset.complete)?.replaceChildren(...options);
  };
  // On the document, so that it also holds for fields of a page that was shown anew.
  document.addEventListener("focusin", ({ target }) => {
    if (!target.matches?.("input[data-complete]") || asked.has(target)) return;
    asked.set(target, { number: 0 });
    ask(target);
  });
  document.addEventListener("input", ({ target }) => {
    const mine = asked.get(target);
    if (!mine) return;
    clearTimeout(mine.waiting);
    mine.waiting = setTimeout(() => ask(target), 120);
  });
})();
