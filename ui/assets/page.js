// Runs once in each HTML component of the page with its `element`, `trigger` and `watch`, after
// places.js.
// Events for the server are those of ui/events.py; the bar alone knows them and sends for all. All
// text arrives as HTML made by ui/render.py, ui/source.py, ui/documents.py, ui/chats.py and
// ui/report.py; nothing here builds markup.
const phone = window.matchMedia("(max-width: 860px)");
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
const scrolling = () => (calm.matches ? "auto" : "smooth");
if (element.querySelector(".bar")) document.citespan = trigger;
const tell = (name, data) => document.citespan(name, data);

// On a phone the line stands above the question, which is as high as what is typed.
const SAID_MS = 6_000;
function say(words) {
  const line = document.querySelector("#status [role=status]");
  if (!line) return;
  line.textContent = words;
  line.style.setProperty("--below", `${document.querySelector("#question").offsetHeight}px`);
  clearTimeout(document.citespanSaid);
  document.citespanSaid = setTimeout(() => (line.textContent = ""), SAID_MS);
}

async function copy(button, words) {
  try {
    await navigator.clipboard.writeText(words);
    say(`${button.textContent} copied`);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  } catch {
    say("The browser did not allow copying");
  }
}

function link({ link: question, turn }) {
  const shown = panel().querySelector(`.source[data-turn="${turn}"]`);
  const address = new URL(location.origin + location.pathname);
  address.searchParams.set("q", question);
  if (shown) address.searchParams.set("c", Number(shown.dataset.citation) + 1);
  return address.href;
}

// What is selected of the text; a triple click on its last lines ends behind it.
function selected(body) {
  const selection = getSelection();
  const range = selection.rangeCount && selection.getRangeAt(0).cloneRange();
  if (!body || !range || !range.intersectsNode(body)) return null;
  if (!body.contains(range.startContainer)) range.setStart(body, 0);
  if (!body.contains(range.endContainer)) range.setEnd(body, body.childNodes.length);
  return range.collapsed ? null : range;
}

// Offsets count code points of the document, from data-start on; the marks of a cut are not text.
function mark({ turn }) {
  const body = panel().querySelector(".text");
  const range = selected(body);
  if (!range) return say("First select the right answer in the text");
  const before = document.createRange();
  before.setStart(body, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const length = (part) => {
    const content = part.cloneContents();
    for (const cut of content.querySelectorAll(".cut")) cut.remove();
    return [...content.textContent].length;
  };
  const start = Number(body.dataset.start) + length(before);
  const where = { document: body.dataset.document, start, end: start + length(range) };
  tell("mark", { turn: Number(turn), ...where });
}

function download({ download: name, content }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  say(`${name} saved`);
}

function rename(field) {
  tell("rename", { value: field.dataset.value, name: field.value });
}

// The examples leave the page; on a phone the focus would bring up its keyboard.
function ask(question) {
  wait(true);
  tell("ask", { question });
  if (!phone.matches) document.querySelector("#question textarea").focus();
}

let sent = "";

// Before Gradio hears of it: the box is empty at once, and what is typed next is the next question.
function send(event) {
  const { target, type, key, shiftKey } = event;
  const box = target.closest("#question")?.querySelector("textarea");
  const entered = target === box && key === "Enter" && !shiftKey;
  const pressed = type === "click" && target.closest(".submit-button");
  if (!box || !(entered || pressed)) return;
  event.preventDefault();
  event.stopPropagation();
  const question = box.value;
  if (!question.trim()) return;
  sent = question;
  write(box, "");
  wait(true);
  tell("ask", { question });
}

// A question is on its way; from far away the first sign of the server takes its time.
function wait(busy) {
  document.querySelector("#question")?.setAttribute("aria-busy", String(busy));
}

// What was not heard of stands in the box again, unless the next question does. Answers are lost
// with the stream alone: beside another request that fails they are still on their way.
function lost({ detail }) {
  wait(false);
  const box = document.querySelector("#question textarea");
  if (detail?.question && !box.value) write(box, detail.question);
  if (!detail?.answers) return;
  for (const line of document.querySelectorAll("#conversation .pending")) {
    line.classList.remove("pending");
    line.textContent = "No answer arrived: ask again.";
  }
}

// Gradio gives no name to its button, which is part of the box's label.
function nameAsk() {
  document.querySelector("#question .submit-button")?.setAttribute("aria-label", "Ask");
  document.querySelector("#question textarea")?.setAttribute("aria-label", "Question");
}
nameAsk();

function write(box, words) {
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// The last question again, as in a terminal: to change it, or where it was lost on the way.
function recall({ target, key }) {
  const isEmptyBox = target.matches("#question textarea") && !target.value;
  if (key === "ArrowUp" && isEmptyBox) write(target, sent);
}

// Either the conversation with its sources, or the evaluation.
function view(evaluation) {
  document.body.classList.toggle("evaluating", evaluation);
  document.querySelector("[data-view]").setAttribute("aria-pressed", String(evaluation));
}

// Back to the list of documents; the focus goes to what was opened.
function close() {
  const { turn, citation } = panel().querySelector(".source").dataset;
  const shown = panel().querySelector("[data-document]")?.dataset.document;
  const opened = document.querySelector(
    `#conversation .citation[data-turn="${turn}"][data-citation="${citation}"]`,
  );
  tell("library", {});
  if (opened) return opened.focus();
  kept.selector = shown ? `.document[data-document="${shown}"]` : "[data-event=chats]";
  kept.within = "source";
  document.activeElement.blur();
}

function escape(event) {
  if (event.key !== "Escape" || event.isComposing) return;
  const elsewhere = document.body.classList.contains("evaluating");
  if (elsewhere || document.querySelector(".api-docs")) return;
  if (panel().querySelector("input.name")) tell("chats", {});
  else if (panel().querySelector("[data-close]")) close();
}

if (element.querySelector(".bar")) {
  document.addEventListener("keydown", escape);
  document.addEventListener("keydown", recall);
  document.addEventListener("lost", lost);
  document.addEventListener("keypress", send, true);
  document.addEventListener("click", send, true);
}

// A later part of a document is read from its start (0) on, an earlier one from its end (1).
let edge = null;

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const data = button.dataset;
  edge = "start" in data ? 0 : "end" in data ? 1 : null;
  const part = { start: Number(data.start), end: Number(data.end) };
  const opens = "citation" in data || "library" in data || data.event === "chats";
  if ("view" in data) return view(!document.body.classList.contains("evaluating"));
  if (opens || "reset" in data) view(false);
  if (opens && phone.matches) {
    panel().scrollIntoView({ behavior: scrolling(), block: "start" });
  }
  if ("copy" in data) copy(button, data.copy);
  else if ("link" in data) copy(button, link(data));
  else if (data.event === "mark") mark(data);
  else if (data.event === "rename") rename(button.previousElementSibling);
  else if ("event" in data) tell(data.event, { value: data.value, turn: Number(data.turn) });
  else if ("ask" in data) ask(data.ask);
  else if ("document" in data) tell("preview", { document: data.document, ...part });
  else if ("close" in data) close();
  else if ("library" in data) tell("library", {});
  else if ("reset" in data) tell("reset", {});
  else if ("theme" in data) document.body.classList.toggle("dark");
  else if ("citation" in data) {
    tell("cite", { turn: Number(data.turn), citation: Number(data.citation), ...part });
  }
});

// A press on the button must not take the selection away that it is about.
element.addEventListener("mousedown", (event) => {
  if (event.target.closest("[data-event=mark]")) event.preventDefault();
});

// Arrow keys go from citation to citation of the same answer.
element.addEventListener("keydown", (event) => {
  const named = event.key === "Enter" && !event.isComposing && event.target.matches("input.name");
  if (named) return rename(event.target);
  const list = event.target.closest(".turn");
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || !list || !event.target.matches(".citation")) return;
  event.preventDefault();
  const shown = [...list.querySelectorAll(".citation")].filter((item) => item.offsetParent);
  const next = shown[(shown.indexOf(event.target) + step + shown.length) % shown.length];
  next.focus();
  next.click();
});

// A new answer re-renders the conversation; what a reader had unfolded stays unfolded.
const unfolded = new Set();
element.addEventListener(
  "toggle",
  ({ target }) => {
    unfolded[target.open ? "add" : "delete"](target.dataset.key);
    if (target.open && "explain" in target.dataset) {
      tell("explain", { turn: Number(target.dataset.explain) });
    }
  },
  true,
);

function markChosen() {
  const shown = panel()?.querySelector(".source")?.dataset ?? {};
  for (const button of document.querySelectorAll("#conversation .citation")) {
    const chosen = button.dataset.turn === shown.turn && button.dataset.citation === shown.citation;
    button.setAttribute("aria-pressed", String(chosen));
  }
}

// On a phone what became of files is said below what is in view.
let reported = false;
function showReport() {
  const report = element.closest("#intake") && element.querySelector("[role=status], .error");
  if (report && !reported && phone.matches) {
    report.scrollIntoView({ behavior: scrolling(), block: "nearest" });
  }
  reported = Boolean(report);
}

const settled = () => [...element.querySelectorAll(".turn:not(:has(.pending))")];
let turns = settled().length;
function rendered() {
  for (const fold of element.querySelectorAll("details")) {
    fold.open = unfolded.has(fold.dataset.key);
  }
  if (element.closest("#conversation")) wait(false);
  nameAsk();
  markChosen();
  restoreScroll();
  restoreFocus();
  element.querySelector("input.name")?.select();
  const file = element.querySelector("[data-download]");
  if (file) download(file.dataset);
  const said = element.querySelector("[data-say]");
  if (said) say(said.dataset.say);
  const now = settled();
  if (now.length > turns) now.at(-1).scrollIntoView({ behavior: scrolling(), block: "start" });
  turns = now.length;
  showReport();
  const body = element.querySelector(".source .text");
  if (body && edge !== null) {
    body.scrollTop = edge * body.scrollHeight;
    body.focus({ preventScroll: true });
    edge = null;
    return;
  }
  edge = null;
  const mark = body?.querySelector("mark.cited, mark.near");
  if (!mark) return;
  const offset = mark.getBoundingClientRect().top - body.getBoundingClientRect().top;
  body.scrollTop += offset - Math.max(24, (body.clientHeight - mark.offsetHeight) / 3);
}
watch("value", rendered);
