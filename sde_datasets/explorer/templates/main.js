// The page as a whole: what happens when something is chosen.

let turn = 0;
// the view and the record that are shown
let current = null;

/** Show what is chosen. A later call takes over from one that still waits for its data. */
async function paint() {
  const mine = ++turn;
  try {
    const view = { name: chosen.view, ...(await source.view(chosen.view)) };
    await findRecords();
    if (mine !== turn) return;
    if (!chosen.id && found.rows.length) [chosen.id, chosen.of] = [found.rows[0].id, found.rows[0].split];
    paintHead();
    paintList();
    paintAxes();
    paintDesign();
    if (!chosen.id) return;
    const record = await source.record(chosen.view, chosen.of, chosen.id);
    if (mine !== turn) return;
    current = { view, record };
    paintRecord(record);
    paintSample(view, record);
    paintCost(view, record, null);
    const tokens = chosen.tokenizer ? await source.tokens(chosen.view, chosen.of, chosen.id, chosen.tokenizer) : null;
    if (mine !== turn) return;
    paintCost(view, record, tokens);
    paintGrid(view, record, tokens);
  } catch (error) {
    if (mine === turn) say(error.message);
  }
}

function paintHead() {
  const view = viewOf(chosen.view);
  fill(element("view"), catalogue.views.map(({ name, language }) => [name, `${name} (${language})`]), view.name);
  const total = Object.values(view.splits).reduce((sum, count) => sum + count, 0);
  const splits = Object.entries(view.splits).map(([name, count]) => [name, `${name} (${thousands(count)})`]);
  fill(element("split"), [["", `all (${thousands(total)})`], ...splits], chosen.split);
  if (document.activeElement !== element("words")) element("words").value = chosen.words;
  fill(element("tokenizer"), catalogue.tokenizers.map((name) => [name, name]), chosen.tokenizer);
  ["prompt-price", "completion-price"].forEach((id, n) => {
    if (document.activeElement !== element(id)) element(id).value = chosen.prices[n];
  });
}

/** Write what is chosen into the address and show it. steps: whether "back" of the browser returns from it. */
function update(steps) {
  say("");
  history[steps ? "pushState" : "replaceState"](null, "", address());
  return paint();
}

function chooseOption(axis, option) {
  const before = chosen.design;
  chooseDesign(nearestDesign(axis, option));
  const others = alsoChanged(before, chosen.design, axis);
  const painted = update(true);
  if (others.length) say(`changed with it: ${others.join(", ")}`);
  return painted;
}

async function pickDesign(number, inGrid = false) {
  chooseDesign(number);
  await update(true);
  if (inGrid) document.querySelector("#grid [aria-pressed=true]")?.focus();
}

function pickView(name) {
  const before = designs[chosen.design], view = viewOf(name);
  Object.assign(chosen, { view: name, id: "", of: "", split: "", words: "" });
  // designs that the other view cannot have
  for (const which of ["design", "against"])
    if (!view.designs.includes(chosen[which])) chosen[which] = nearestDesign(0, before.options[0]) ?? view.designs[0];
  return update(true);
}

function swap() {
  [chosen.design, chosen.against] = [chosen.against, chosen.design];
  return update(true);
}

function on(id, kind, act) {
  element(id).addEventListener(kind, act);
}

on("view", "change", (event) => pickView(event.target.value));
on("split", "change", (event) => { Object.assign(chosen, { split: event.target.value, id: "", of: "" }); update(true); });
on("words", "input", (event) => { Object.assign(chosen, { words: event.target.value, id: "", of: "" }); update(false); });
on("before", "click", () => stepRecord(-1));
on("after", "click", () => stepRecord(1));
on("more", "click", findMore);
on("against", "change", (event) => { chosen.against = Number(event.target.value); chosen.pinned = true; update(true); });
on("pinned", "change", (event) => { chosen.pinned = event.target.checked; update(false); });
on("differences", "change", (event) => { chosen.differences = event.target.checked; update(false); });
on("swap", "click", swap);
on("link", "click", (event) => copy(location.href, event.target));
on("copy-prompt", "click", (event) => copy(promptOf(current.view, current.record, chosen.design), event.target));
on("copy-completion", "click", (event) => copy(completionOf(current.record, chosen.design), event.target));
on("tokenizer", "change", (event) => { chosen.tokenizer = event.target.value; update(false); });
on("measure", "change", (event) => { chosen.measure = event.target.value; update(false); });
["prompt-price", "completion-price"].forEach((id, n) => on(id, "input", (event) => { chosen.prices[n] = event.target.value; update(false); }));
on("grid", "keydown", moveInGrid);
on("found", "keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  stepRecord(event.key === "ArrowDown" ? 1 : -1);
});

const KEYS = {
  "/": () => element("words").focus(),
  j: () => stepRecord(1),
  k: () => stepRecord(-1),
  d: () => { chosen.differences = !chosen.differences; update(false); },
  s: swap,
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]):not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});

addEventListener("popstate", () => { readAddress(); say(""); paint(); });

readAddress();
element("page").hidden = false;
history.replaceState(null, "", address());
paint();
