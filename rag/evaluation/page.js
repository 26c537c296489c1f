"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  if (!list) return;
  const step = 50;
  const control = (id) => document.getElementById(id);
  const better = new Set(data.better || []);
  const worse = new Set(data.worse || []);
  const changed = data.changed || {};
  if (data.changed) control("change-label").hidden = false;
  let found = [];
  let shown = 0;

  const orders = {
    file: () => 0,
    sure: (a, b) => b.confidence - a.confidence,
    unsure: (a, b) => a.confidence - b.confidence,
    f1: (a, b) => a.f1 - b.f1,
    rank: (a, b) => depth(b) - depth(a),
  };
  const depth = (c) => (c.answers.length ? c.rank || 1e6 : 0);

  function element(tag, text, style) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (style) made.className = style;
    return made;
  }

  function matches(c) {
    const outcome = control("outcome").value;
    const kind = control("kind").value;
    const change = control("change").value;
    const words = control("search").value.trim().toLowerCase();
    if (outcome === "right" && !c.right) return false;
    if (outcome === "wrong" && c.right) return false;
    if (outcome && !["right", "wrong"].includes(outcome) && c.failure !== outcome) return false;
    if (kind && (kind === "answerable") !== c.answers.length > 0) return false;
    if (change === "better" && !better.has(c.id)) return false;
    if (change === "worse" && !worse.has(c.id)) return false;
    if (change === "changed" && !Object.hasOwn(changed, c.id)) return false;
    if (!words) return true;
    const text = [c.id, c.question, c.prediction || "", ...c.answers].join("\n").toLowerCase();
    return text.includes(words);
  }

  function facts(c) {
    const rank = (value) => (value === null ? "not found" : `rank ${value}`);
    const rows = [
      ["Accepted", c.answers.length ? c.answers.join(" | ") : "not in these documents"],
      ["Answered", c.prediction === null ? "not in these documents" : c.prediction],
    ];
    if (c.prediction === null && c.candidate !== null) rows.push(["Withheld", c.candidate]);
    if (Object.hasOwn(changed, c.id)) {
      const before = changed[c.id];
      rows.push(["Before", before === null ? "not in these documents" : before]);
    }
    rows.push(["Confidence", `${(100 * c.confidence).toFixed(0)} %`]);
    rows.push(["F1", c.f1.toFixed(2)]);
    if (c.answers.length) {
      const kinds = { fused: c.fused_rank, dense: c.dense_rank, lexical: c.lexical_rank };
      const ranks = Object.entries(kinds).map(([kind, value]) => `${kind} ${rank(value)}`);
      rows.push(["Answer found", [rank(c.rank), ...ranks].join(", ")]);
    }
    if (c.evidence_f1 !== null) rows.push(["Evidence F1", c.evidence_f1.toFixed(2)]);
    if (c.error) rows.push(["Error", c.error]);
    rows.push(["Id", c.id]);
    return rows;
  }

  function passage(p) {
    const quote = element("blockquote");
    const characters = Array.from(p.text);
    quote.append(characters.slice(0, p.start).join(""));
    quote.append(element("mark", characters.slice(p.start, p.end).join("")));
    quote.append(characters.slice(p.end).join(""));
    quote.append(element("cite", `${p.title} (${p.source})`));
    return quote;
  }

  function entry(c) {
    const details = element("details");
    const summary = element("summary");
    const outcome = c.right ? "right" : c.failure.replaceAll("_", " ");
    summary.append(element("span", outcome, c.right ? "outcome" : "outcome wrong"), " ", c.question);
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      const terms = element("dl");
      for (const [name, value] of facts(c)) terms.append(element("dt", name), element("dd", value));
      details.append(terms);
      if (c.passage) details.append(passage(c.passage));
    });
    const item = element("li");
    item.append(details);
    return item;
  }

  function more() {
    const next = found.slice(shown, shown + step);
    list.append(...next.map(entry));
    shown += next.length;
    control("more").hidden = shown >= found.length;
    control("count").textContent = `${found.length} of ${data.cases.length} questions`;
  }

  function update() {
    found = data.cases.filter(matches);
    const order = control("order").value;
    if (order !== "file") found.sort(orders[order]);
    shown = 0;
    list.replaceChildren();
    more();
  }

  for (const id of ["outcome", "kind", "change", "order"]) {
    control(id).addEventListener("change", update);
  }
  control("search").addEventListener("input", update);
  control("more").addEventListener("click", more);
  update();
})();
