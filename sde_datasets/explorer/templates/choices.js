// What is chosen, as the address says it: a link shows what its sender saw.

const designs = catalogue.designs;
const numberOf = new Map(designs.map((design, number) => [design.name, number]));

const chosen = {
  view: "", split: "", words: "", id: "", of: "", design: 0, against: 0, pinned: false, differences: true,
  tokenizer: "", measure: "", prices: ["", ""],
};

/** The address of what is chosen; what is at its default is left out. */
function address() {
  const words = new URLSearchParams({ view: chosen.view, design: designs[chosen.design].name });
  if (chosen.against !== chosen.design) words.set("against", designs[chosen.against].name);
  const further = {
    record: chosen.id, of: chosen.of, split: chosen.split, search: chosen.words, tokenizer: chosen.tokenizer,
    shown: chosen.measure, pinned: chosen.pinned ? "1" : "", differences: chosen.differences ? "" : "0",
    prices: chosen.prices.some(Boolean) ? chosen.prices.join(",") : "",
  };
  for (const [name, value] of Object.entries(further)) if (value) words.set(name, value);
  return "#" + words;
}

/** Choose what the address says; what it does not say, or says wrongly, gets its default. */
function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const said = (name) => words.get(name) ?? "";
  const [startView, ...startDesign] = catalogue.start.split("-");
  const view = viewOf(said("view")) ?? viewOf(startView) ?? catalogue.views[0];
  const known = (name) => (view.designs.includes(numberOf.get(name)) ? numberOf.get(name) : undefined);
  chosen.view = view.name;
  chosen.design = known(said("design")) ?? known(startDesign.join("-")) ?? view.designs[0];
  chosen.against = known(said("against")) ?? chosen.design;
  chosen.id = said("record");
  chosen.of = said("of");
  chosen.split = said("split") in view.splits ? said("split") : "";
  chosen.words = said("search");
  chosen.tokenizer = catalogue.tokenizers.includes(said("tokenizer")) ? said("tokenizer") : catalogue.tokenizers[0] ?? "";
  chosen.measure = said("shown");
  chosen.pinned = said("pinned") === "1";
  chosen.differences = said("differences") !== "0";
  chosen.prices = [...said("prices").split(","), ""].slice(0, 2);
}

/** Choose a design; the one before is compared with, unless it is kept. */
function chooseDesign(number) {
  if (!chosen.pinned && number !== chosen.design) chosen.against = chosen.design;
  chosen.design = number;
}

/** The design with an option of an axis that has most other options in common with the chosen one. */
function nearestDesign(axis, option) {
  const now = designs[chosen.design].options;
  const common = (number) => designs[number].options.filter((each, place) => each === now[place]).length;
  const possible = viewOf(chosen.view).designs.filter((number) => designs[number].options[axis] === option);
  return possible.reduce((best, number) => (common(number) > common(best) ? number : best), possible[0]);
}

/** The axes, other than one, by which two designs differ, as words. */
function alsoChanged(before, after, axis) {
  return catalogue.axes
    .map(({ name, options }, place) => [place, `${name} ${options[designs[after].options[place]].name}`])
    .filter(([place]) => place !== axis && designs[before].options[place] !== designs[after].options[place])
    .map(([, words]) => words);
}
