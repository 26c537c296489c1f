"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  if (!list) return;
  const step = 50;
  const NOTHING = "not in these documents";
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

  function ranks(c) {
    const others = { fused: c.fused_rank, dense: c.dense_rank, lexical: c.lexical_rank };
    if ([c.rank, ...Object.values(others)].every((rank) => rank === null)) return "not found";
    const told = Object.entries(others).map(([kind, rank]) => `${kind} ${rank ?? "–"}`);
    return `${c.rank ?? "–"} (${told.join(", ")})`;
  }

  function facts(c) {
    const rows = [
      ["Accepted", c.answers.length ? c.answers.join(" | ") : NOTHING],
      ["Answered", c.prediction === null ? NOTHING : c.prediction],
    ];
    if (c.prediction === null && c.candidate !== null) rows.push(["Withheld", c.candidate]);
    if (Object.hasOwn(changed, c.id)) {
      const before = changed[c.id];
      rows.push(["Before", before === null ? NOTHING : before]);
    }
    rows.push(["Confidence", `${(100 * c.confidence).toFixed(0)} %`]);
    rows.push(["F1", c.exact_match ? "1.00, exact match" : c.f1.toFixed(2)]);
    if (c.answers.length && data.ranked) rows.push(["Evidence ranked", ranks(c)]);
    if (c.evidence_f1 !== null) rows.push(["Evidence F1", c.evidence_f1.toFixed(2)]);
    if (c.error) rows.push(["Error", c.error]);
    rows.push(["Id", c.id]);
    return rows;
  }

  /* Places count code points, as in the documents; where two overlap, a mark has both styles. */
  function marked(p, places) {
    const characters = Array.from(p.text);
    const ends = [0, characters.length, ...places.flatMap(([start, end]) => [start, end])];
    const cuts = [...new Set(ends)].sort((a, b) => a - b);
    const quote = element("blockquote");
    cuts.slice(1).forEach((end, number) => {
      const start = cuts[number];
      const words = characters.slice(start, end).join("");
      const styles = places.filter(([from, to]) => from <= start && end <= to).map((p) => p[2]);
      quote.append(styles.length ? element("mark", words, styles.join(" ")) : words);
    });
    quote.append(element("cite", p.title === p.source ? p.title : `${p.title} (${p.source})`));
    return quote;
  }

  function heading(words, style) {
    const line = element("p", undefined, "quoted");
    line.append(element("mark", words, style));
    return line;
  }

  /* One passage with both answers where they stand in the same one. */
  function passages(c) {
    const [said, gold] = [c.passage, c.gold_passage];
    const saidHeading = heading("Answered", "said");
    const goldHeading = heading("Accepted", "gold");
    if (said && gold && said.source === gold.source && said.text === gold.text) {
      saidHeading.append(" and ", ...goldHeading.childNodes, ", in one passage");
      return [
        saidHeading,
        marked(said, [[said.start, said.end, "said"], [gold.start, gold.end, "gold"]]),
      ];
    }
    const parts = [];
    if (said) parts.push(saidHeading, marked(said, [[said.start, said.end, "said"]]));
    if (gold) parts.push(goldHeading, marked(gold, [[gold.start, gold.end, "gold"]]));
    return parts;
  }

  function brief(c) {
    const said = c.prediction === null ? NOTHING : c.prediction;
    if (c.right) return said;
    return `${said} — accepted: ${c.answers.length ? c.answers[0] : NOTHING}`;
  }

  function entry(c) {
    const details = element("details");
    const summary = element("summary");
    const outcome = c.right ? "right" : data.failures[c.failure];
    summary.append(element("span", outcome, c.right ? "outcome" : "outcome wrong"), " ", c.question);
    summary.append(" ", element("span", brief(c), "brief"));
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.childElementCount > 1) return;
      const terms = element("dl");
      for (const [name, value] of facts(c)) terms.append(element("dt", name), element("dd", value));
      details.append(terms, ...passages(c));
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
    const counts = [found, data.cases].map((cases) => cases.length.toLocaleString("en"));
    control("count").textContent = `${counts.join(" of ")} questions`;
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
  for (const pick of document.querySelectorAll(".pick")) {
    pick.addEventListener("click", () => {
      for (const id of ["outcome", "kind", "change", "search"]) control(id).value = "";
      control(pick.dataset.control).value = pick.dataset.value;
      update();
      control("questions").scrollIntoView();
      control(pick.dataset.control).focus({ preventScroll: true });
    });
  }
  update();
})();
