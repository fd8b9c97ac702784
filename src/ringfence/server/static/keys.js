// "/" leads to the first field of a page's question, and what may be copied has a button. Pages work without either.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const field = document.querySelector("main [data-search], main form.ask input:not([type=hidden]), main form.ask select, main textarea");
  if (!field) return;
  event.preventDefault();
  field.focus();
  if (field.select) field.select();
});
const offer = (root) => {
  if (!navigator.clipboard) return; // browsers have it on this machine and by HTTPS alone
  for (const text of root.querySelectorAll("[data-copy]:not([data-copied])")) {
    text.dataset.copied = "";
    const copied = text.textContent;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy ${text.dataset.copy}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copied);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    text.prepend(button);
  }
};
const main = document.getElementById("main");
offer(main);
new MutationObserver(() => offer(main)).observe(main, { childList: true }); // the page may be shown anew
document.addEventListener("htmx:afterSettle", () => offer(main));
