// The grid of all designs: a row for a format and labels, a column for reasoning, unmentioned targets and placement.

const axisOf = (name) => catalogue.axes.findIndex((axis) => axis.name === name);
const ROWS = ["format", "labels"].map(axisOf), COLUMNS = ["reasoning", "unmentioned", "placement"].map(axisOf);
const FIXED = ["definitions", "wording"].map(axisOf);

/** What the cells can show: [name, text, values by design]. */
function measures(view, record, tokens) {
  const numbers = viewOf(chosen.view).designs, place = new Map(numbers.map((number, n) => [number, n]));
  const answer = (number) => record.answers[designs[number].answer];
  const scores = catalogue.grids.filter((grid) => grid.view === chosen.view).map((grid, n) => [`score${n}`, grid.name, (number) => grid.scores[number], grid]);
  const counts = tokens ? [
    ["completion-tokens", "tokens of the completion", (number) => tokens.completions[answer(number)]],
    ["prompt-tokens", "tokens of the prompt", (number) => tokens.prompts[place.get(number)]],
  ] : [];
  return [
    ...scores, ...counts,
    ["completion-characters", "characters of the completion", (number) => characters(completionOf(record, number))],
    ["prompt-characters", "characters of the prompt", (number) => characters(promptOf(view, record, number))],
  ];
}

/** All combinations of the options of some axes, as lists of numbers. */
const combinations = (axes) => axes.reduce(
  (lists, axis) => lists.flatMap((list) => catalogue.axes[axis].options.map((_, option) => [...list, option])), [[]],
);

const optionName = (axis, option) => catalogue.axes[axis].options[option].name;

function paintGrid(view, record, tokens) {
  const known = measures(view, record, tokens);
  const measure = known.find(([name]) => name === chosen.measure) ?? known[0];
  fill(element("measure"), known.map(([name, text]) => [name, text]), measure[0]);
  const now = designs[chosen.design].options, fixed = FIXED.map((axis) => now[axis]);
  const byOptions = new Map(viewOf(chosen.view).designs.map((number) => [designs[number].options.join(), number]));
  const find = (row, column) => {
    const options = now.slice();
    [...ROWS, ...COLUMNS, ...FIXED].forEach((axis, n) => { options[axis] = [...row, ...column, ...fixed][n]; });
    return byOptions.get(options.join());
  };
  const rows = combinations(ROWS), columns = combinations(COLUMNS).filter((column) => rows.some((row) => find(row, column) !== undefined));
  const shownRows = rows.filter((row) => columns.some((column) => find(row, column) !== undefined));
  const cells = shownRows.map((row) => columns.map((column) => find(row, column)));
  const values = cells.flat().filter((number) => number !== undefined).map(measure[2]).filter((value) => value !== undefined);
  const range = [Math.min(...values), Math.max(...values)];
  element("measured").textContent = values.length ? `${written(range[0])} to ${written(range[1])}, the stronger the colour the more` : "no design of this grid has a value";
  element("grid").replaceChildren(
    make("thead", {}, ...COLUMNS.map((_, level) => headRow(columns, level))),
    make("tbody", {}, ...cells.map((numbers, n) => make("tr", {},
      make("th", { scope: "row" }, shownRows[n].map((option, place) => optionName(ROWS[place], option)).join(" ")),
      ...numbers.map((number, place) => cell(number, measure, range, starts(columns, place, 0)))))),
  );
}

/** Whether a column begins another group of its first `level + 1` axes. */
const starts = (columns, place, level) => place > 0 && columns[place].slice(0, level + 1).join() !== columns[place - 1].slice(0, level + 1).join();

function headRow(columns, level) {
  const heads = [];
  columns.forEach((column, place) => {
    if (place > 0 && !starts(columns, place, level)) heads.at(-1).colSpan++;
    else heads.push(make("th", { scope: "col", colSpan: 1, className: starts(columns, place, 0) ? "group" : "" }, optionName(COLUMNS[level], column[level])));
  });
  return make("tr", {}, make("td"), ...heads);
}

const written = (value) => (Number.isInteger(value) ? thousands(value) : value.toFixed(3).replace(/^0/, ""));

function cell(number, measure, [least, most], group) {
  const td = make("td", { className: group ? "group" : "" });
  td.setAttribute("role", "gridcell");
  if (number === undefined) return td;
  const value = measure[2](number), seeds = measure[3]?.seeds[number];
  const name = `${designs[number].name}: ${value === undefined ? "no value" : written(value)}${seeds ? ` (${seeds} seed${seeds > 1 ? "s" : ""})` : ""}`;
  const button = make("button", { type: "button", title: name, tabIndex: number === chosen.design ? 0 : -1 }, value === undefined ? "·" : written(value));
  button.setAttribute("aria-label", name);
  button.setAttribute("aria-pressed", String(number === chosen.design));
  button.classList.toggle("built", viewOf(chosen.view).built.includes(number));
  button.classList.toggle("against", number === chosen.against && number !== chosen.design);
  button.addEventListener("click", () => pickDesign(number, true));
  if (value !== undefined) {
    td.classList.add("shade");
    td.style.setProperty("--depth", most > least ? (0.05 + (0.5 * (value - least)) / (most - least)).toFixed(2) : "0.2");
  }
  td.append(button);
  return td;
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Move the focus within the grid by the arrow keys, over places without a design. */
function moveInGrid(event) {
  const step = STEPS[event.key], from = event.target.closest("td");
  if (!step || !from) return;
  event.preventDefault();
  const rows = element("grid").tBodies[0].rows;
  let row = from.parentElement.sectionRowIndex + step[0], column = from.cellIndex + step[1];
  while (rows[row]?.cells[column]) {
    const button = rows[row].cells[column].querySelector("button");
    if (button) return button.focus();
    row += step[0];
    column += step[1];
  }
}
