/* The list of everything that was asked: found, ordered and opened. */
const STEP = 50;
const control = (id) => document.getElementById(id);
const list = control("list");
const better = new Set(data.better || []);
const worse = new Set(data.worse || []);
const filters = [...Object.keys(KIND.filters), "change"];
let listed = [];
let shown = 0;

function matches(one) {
  for (const [id, fits] of Object.entries(KIND.filters)) {
    const wanted = control(id).value;
    if (wanted && !fits(one, wanted)) return false;
  }
  const change = control("change").value;
  if (change === "better" && !better.has(one.id)) return false;
  if (change === "worse" && !worse.has(one.id)) return false;
  if (change === "changed" && !Object.hasOwn(changed, one.id)) return false;
  const words = control("search").value.trim().toLowerCase();
  return !words || KIND.words(one).join("\n").toLowerCase().includes(words);
}

function entry(one) {
  const details = element("details");
  const summary = element("summary");
  const style = KIND.good(one) ? "outcome" : "outcome wrong";
  summary.append(element("span", KIND.outcome(one), style), " ", one.question ?? one.id);
  summary.append(" ", element("span", KIND.brief(one), "brief"));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    const terms = element("dl");
    for (const [name, value] of KIND.facts(one)) {
      terms.append(element("dt", name), element("dd", value));
    }
    details.append(terms, ...KIND.body(one));
  });
  const item = element("li");
  item.append(details);
  return item;
}

function more() {
  const next = listed.slice(shown, shown + STEP);
  list.append(...next.map(entry));
  shown += next.length;
  control("more").hidden = shown >= listed.length;
  const counts = [listed, KIND.all].map((all) => all.length.toLocaleString("en"));
  control("count").textContent = `${counts.join(" of ")} ${KIND.called}`;
}

function update() {
  listed = KIND.all.filter(matches);
  const order = KIND.orders[control("order").value];
  if (order) listed.sort(order);
  shown = 0;
  list.replaceChildren();
  more();
}

if (data.changed) control("change-label").hidden = false;
for (const id of [...filters, "order"]) control(id).addEventListener("change", update);
control("search").addEventListener("input", update);
control("more").addEventListener("click", more);
for (const pick of document.querySelectorAll(".pick")) {
  pick.addEventListener("click", () => {
    for (const id of [...filters, "search"]) control(id).value = "";
    control(pick.dataset.control).value = pick.dataset.value;
    update();
    control("questions").scrollIntoView();
    control(pick.dataset.control).focus({ preventScroll: true });
  });
}
update();
