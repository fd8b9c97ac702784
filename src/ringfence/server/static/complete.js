// Completes names of endpoints from the API while they are typed. The form works without it.
"use strict";
for (const input of document.querySelectorAll("input[data-complete]")) {
  const list = document.getElementById(input.dataset.complete);
  let asked = 0;
  let waiting;
  const ask = async () => {
    const number = ++asked;
    const answer = await fetch(`/api/v1/endpoints?role=${input.name}&q=${encodeURIComponent(input.value.slice(0, 200))}`);
    if (!answer.ok || number !== asked) return;
    const names = (await answer.json()).endpoints;
    list.replaceChildren(...names.map((name) => Object.assign(document.createElement("option"), { value: name })));
  };
  input.addEventListener("focus", ask, { once: true });
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 120);
  });
}
