/* Answered questions, as the list shows them. */
const NOTHING = "not in these documents";

function ranks(c) {
  const others = { fused: c.fused_rank, dense: c.dense_rank, lexical: c.lexical_rank };
  if ([c.rank, ...Object.values(others)].every((rank) => rank === null)) return "not found";
  const told = Object.entries(others).map(([kind, rank]) => `${kind} ${rank ?? "–"}`);
  return `${c.rank ?? "–"} (${told.join(", ")})`;
}

const answered = (c) => (c.error ? "not asked" : c.prediction ?? NOTHING);

function facts(c) {
  const rows = [
    ["Accepted", c.answers.length ? c.answers.join(" | ") : NOTHING],
    ["Answered", answered(c)],
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

const depth = (c) => (c.answers.length ? c.rank || 1e6 : 0);

const KIND = {
  all: data.cases,
  called: "questions",
  filters: {
    outcome: (c, wanted) =>
      ["right", "wrong"].includes(wanted) ? c.right === (wanted === "right") : c.failure === wanted,
    kind: (c, wanted) => (wanted === "answerable") === c.answers.length > 0,
  },
  orders: {
    sure: (a, b) => b.confidence - a.confidence,
    unsure: (a, b) => a.confidence - b.confidence,
    f1: (a, b) => a.f1 - b.f1,
    rank: (a, b) => depth(b) - depth(a),
  },
  words: (c) => [c.id, c.question, c.prediction || "", ...c.answers],
  good: (c) => c.right,
  outcome: (c) => (c.right ? "right" : data.failures[c.failure]),
  brief: (c) =>
    answered(c) + (c.right ? "" : ` — accepted: ${c.answers.length ? c.answers[0] : NOTHING}`),
  facts,
  body: passages,
};
