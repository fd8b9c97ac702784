// "/" leads to the first field of a page's question, and what may be copied has a button. Pages work without either.
"use strict";
(() => {
  // A key of one character can be switched off, for those who speak to their browser (WCAG 2.1.4).
  const slash = document.getElementById("slash");
  const OFF = "ringfence-keys-off";
  const asked = () => document.querySelector("main [data-search], main form.ask input:not([type=hidden]), main form.ask select, main textarea");
  const remembered = () => {
    try { return localStorage.getItem(OFF) === "yes"; } catch { return false; } // the browser keeps nothing
  };
  slash.checked = !remembered();
  slash.closest("footer").hidden = !asked();
  slash.addEventListener("change", () => {
    try {
      if (slash.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "yes");
    } catch { /* it holds for this page */ }
  });
  addEventListener("storage", () => { slash.checked = !remembered(); }); // switched on another page
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || !slash.checked) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const field = asked();
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
})();
