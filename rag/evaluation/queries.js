/* Queries of a test collection, as the list shows them. */
const TEN = 10;
const ndcg = (q) => q.scores["ndcg@10"];
const best = (q) => q.relevant[0].rank; // they are listed by rank, those not found last
const moved = (q) => (Object.hasOwn(changed, q.id) ? ndcg(q) - changed[q.id]["ndcg@10"] : 0);
const called = (d) => (d.title === null ? d.document : `${d.title} (${d.document})`);

function places(ranks) {
  return ranks.length ? ranks.map((rank) => rank.toLocaleString("en")).join(", ") : "not found";
}

function found(q) {
  return q.relevant.filter((d) => d.rank !== null).map((d) => d.rank);
}

function facts(q) {
  const rows = [["nDCG@10", ndcg(q).toFixed(3)]];
  for (const [name, key] of [["Recall@10", "recall@10"], ["Recall@20", "recall@20"]]) {
    rows.push([name, q.scores[key].toFixed(3)]);
  }
  rows.push([`Relevant (${q.relevant.length})`, places(found(q))]);
  if (Object.hasOwn(changed, q.id)) {
    const before = changed[q.id];
    const where = before.ranks.length ? `relevant at ${places(before.ranks)}` : "none found";
    rows.push(["Before", `nDCG@10 ${before["ndcg@10"].toFixed(3)}, ${where}`]);
  }
  rows.push(["Id", q.id]);
  return rows;
}

function documents(words, rows) {
  const listed = element("ol", undefined, "documents");
  for (const { rank, name, marked, told } of rows) {
    const item = element("li");
    item.append(element("span", rank, "rank"));
    item.append(element(marked ? "mark" : "span", name, marked ? "gold" : "title"));
    if (told) item.append(element("small", told));
    listed.append(item);
  }
  return [element("p", words, "quoted"), listed];
}

function judged(relevance) {
  if (relevance === null) return "";
  return relevance > 0 ? `relevant (${relevance})` : "judged, not relevant";
}

/* What stands first, and then what is relevant and does not. */
function ranking(q) {
  const first = q.first.map((d, place) => {
    const told = judged(d.relevance);
    return { rank: `${place + 1}`, name: called(d), marked: d.relevance > 0, told };
  });
  const kinds = { fused: "fused_rank", dense: "dense_rank", lexical: "lexical_rank" };
  const missed = q.relevant.filter((d) => d.rank === null || d.rank > TEN);
  const rest = missed.map((d) => {
    const ranks = Object.entries(kinds).filter(([, key]) => d[key] !== null);
    const told = ranks.map(([kind, key]) => `${kind} ${d[key]}`).join(", ");
    return { rank: `${d.rank ?? "–"}`, name: called(d), marked: false, told };
  });
  const parts = documents("First in the ranking; relevant ones are marked", first);
  if (rest.length) parts.push(...documents("Relevant, but not among these (–: not found)", rest));
  return parts;
}

const KIND = {
  all: data.queries,
  called: "queries",
  filters: { outcome: (q, wanted) => q.outcome === wanted },
  orders: {
    low: (a, b) => ndcg(a) - ndcg(b),
    high: (a, b) => ndcg(b) - ndcg(a),
    deep: (a, b) => (best(b) ?? 1e6) - (best(a) ?? 1e6),
    many: (a, b) => b.relevant.length - a.relevant.length,
    gained: (a, b) => moved(b) - moved(a),
    lost: (a, b) => moved(a) - moved(b),
  },
  words: (q) => [q.id, q.question || "", ...q.relevant.map(called)],
  good: (q) => best(q) !== null && best(q) <= TEN,
  outcome: (q) => `nDCG ${ndcg(q).toFixed(2)}`,
  brief: (q) => {
    const ten = found(q).filter((rank) => rank <= TEN).length;
    const where = found(q).length ? `relevant at ${places(found(q).slice(0, TEN))}` : "none found";
    return `${where} · ${ten} of ${q.relevant.length} in the first ten`;
  },
  facts,
  body: ranking,
};
