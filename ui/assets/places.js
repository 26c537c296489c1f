// Runs before page.js in each HTML component: where the focus is, and how far the documents are
// scrolled, stay as they were where a part of the page is drawn anew.
const panel = () => document.querySelector("#source");

// What has the focus keeps it where it is drawn anew; `within` is the part of the page it is in.
const kept = (document.citespanFocus ??= {});
const described = ({ dataset }) =>
  Object.entries(dataset)
    .map(([name, value]) => `[data-${name}="${CSS.escape(value)}"]`)
    .join("");
function keepFocus({ target }) {
  const control = target.closest("button, input.name");
  kept.selector = control ? described(control) : "";
  kept.within = control ? control.closest("#source, #intake, #conversation")?.id : "";
}
// Where it is gone, the next best thing in its part of the page gets the focus.
function restoreFocus() {
  if (!kept.selector || document.activeElement !== document.body) return;
  const part = document.getElementById(kept.within);
  const next = part?.querySelector("[data-close], [data-event=dismiss], .library");
  const target = document.querySelector(kept.selector) ?? next ?? panel().querySelector(".library");
  target?.focus({ preventScroll: true });
  if (target) reveal(target);
}

// The list of documents stays where it was, also while something else is in its place.
let scrolled = 0;
const documents = () => element.querySelector(".library[aria-label=Documents]");
function keepScroll({ target }) {
  if (target === documents()) scrolled = target.scrollTop;
}
function restoreScroll() {
  const list = documents();
  if (list) list.scrollTop = scrolled;
}
function reveal(entry) {
  const list = entry.parentElement.closest(".library");
  if (!list) return;
  const [own, shown] = [entry, list].map((one) => one.getBoundingClientRect());
  if (own.top < shown.top) list.scrollTop += own.top - shown.top;
  if (own.bottom > shown.bottom) list.scrollTop += own.bottom - shown.bottom;
}

element.addEventListener("scroll", keepScroll, true);
if (element.querySelector(".bar")) {
  document.addEventListener("focusin", keepFocus);
  document.addEventListener("pointerdown", ({ target }) => {
    if (!target.closest("button")) kept.selector = "";
  });
}
