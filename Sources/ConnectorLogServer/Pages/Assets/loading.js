// A page that takes its time says so: a line at the top, after a moment.
"use strict";

(() => {
  const root = document.documentElement;
  const isPlain = (event) =>
    event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || !isPlain(event) || link.target || "file" in link.dataset) return;
    const address = new URL(link.href, location.href);
    const isHere = address.pathname === location.pathname && address.search === location.search;
    if (address.origin === location.origin && !isHere) root.classList.add("is-loading");
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) root.classList.add("is-loading");
  });
  // Also when the page comes back as it was left.
  addEventListener("pageshow", () => root.classList.remove("is-loading"));
})();
