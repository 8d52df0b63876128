// The axes of the design, the record, and its prompt and completion.

function paintAxes() {
  const view = viewOf(chosen.view), options = designs[chosen.design].options;
  const focused = document.activeElement?.name;
  element("axes").replaceChildren(...catalogue.axes.map((axis, place) => {
    const possible = new Set(view.designs.map((number) => designs[number].options[place]));
    const radios = axis.options.map((option, value) => {
      const radio = make("input", {
        type: "radio", name: axis.name, value, checked: options[place] === value, disabled: !possible.has(value),
      });
      radio.addEventListener("change", () => chooseOption(place, value));
      return make("label", { className: "option", title: option.meaning }, radio, make("span", {}, option.name));
    });
    return make("fieldset", {}, make("legend", {}, axis.name), ...radios);
  }));
  element("meaning").textContent = catalogue.axes.map((axis, place) => axis.options[options[place]].meaning).join("; ") + ".";
  // the arrow keys go on where they were
  if (focused) document.querySelector(`#axes input[name="${CSS.escape(focused)}"]:checked`)?.focus();
}

function paintDesign() {
  const view = viewOf(chosen.view), design = designs[chosen.design], config = `${view.name}-${design.name}`;
  element("config").textContent = config;
  const revision = catalogue.revision ? `, revision="${catalogue.revision.slice(0, 12)}"` : "";
  element("load").textContent = view.built.includes(chosen.design)
    ? `load_dataset("${catalogue.dataset}", "${config}"${revision})`
    : `not a config of this dataset: sde-datasets build --designs ${design.name} writes it`;
  const names = view.designs.map((number) => [number, designs[number].name]);
  fill(element("against"), names, chosen.against);
  element("pinned").checked = chosen.pinned;
  element("differences").checked = chosen.differences;
  document.title = config;
}

/** The text of a record, its marks as lines under it and the targets as tags before them. */
function markedText(segments) {
  return segments.map((segment) => {
    if (!segment.lines.length) return make("span", {}, ...shown(segment.text));
    const mark = make("span", { className: "mark" });
    for (const { status, lane } of segment.lines) mark.style.setProperty(`--line${lane}`, `linear-gradient(var(--${status}), var(--${status}))`);
    const tags = segment.starts.map(([tag, status]) => {
      const made = make("span", { className: "tag" });
      made.dataset.tag = tag;
      made.style.setProperty("--tag", `var(--${status})`);
      return made;
    });
    mark.append(...shown(segment.text));
    return make("span", {}, ...tags, mark);
  });
}

function paintRecord(record) {
  element("id").textContent = [record.id, record.split, record.place].filter(Boolean).join(" · ");
  const rows = record.annotations.map((each) => {
    const target = make("td", {}, ...shown(each.target));
    target.style.setProperty("--tag", `var(--${each.colour})`);
    return make("tr", {}, target, make("td", {}, ...shown(each.value)), make("td", {}, ...shown(each.evidence)));
  });
  const none = make("tr", {}, make("td", { colSpan: 3 }, "nothing is annotated"));
  element("annotations").tBodies[0].replaceChildren(...(rows.length ? rows : [none]));
}

/** The completion of a record under a design. */
const completionOf = (record, number) => record.completions[record.answers[designs[number].answer]];

function promptOf(view, record, number) {
  const [prefix, suffix] = affixes(view, number);
  return prefix + record.text + suffix;
}

function paintSample(view, record) {
  const [prefix, suffix] = affixes(view, chosen.design), [oldPrefix, oldSuffix] = affixes(view, chosen.against);
  element("prompt").replaceChildren(
    make("span", { className: "around" }, ...compared(oldPrefix, prefix)),
    make("span", { className: "inner" }, ...markedText(record.segments)),
    make("span", { className: "around" }, ...compared(oldSuffix, suffix)),
  );
  element("completion").replaceChildren(...compared(completionOf(record, chosen.against), completionOf(record, chosen.design)));
}

/** Show the sizes of the sample; tokens is null without a tokenizer. */
function paintCost(view, record, tokens) {
  const place = (number) => viewOf(chosen.view).designs.indexOf(number);
  const sizes = (number) => tokens
    ? [tokens.prompts[place(number)], tokens.completions[record.answers[designs[number].answer]]]
    : [characters(promptOf(view, record, number)), characters(completionOf(record, number))];
  const unit = tokens ? "tokens" : "characters", now = sizes(chosen.design), before = sizes(chosen.against);
  ["prompt-size", "completion-size"].forEach((id, n) => {
    const change = now[n] - before[n];
    element(id).textContent = `${thousands(now[n])} ${unit}` + (change ? ` (${change > 0 ? "+" : "−"}${thousands(Math.abs(change))})` : "");
  });
  element("cost").hidden = !catalogue.tokenizers.length;
  const prices = chosen.prices.map(Number);
  const price = (pair) => (1000 * (pair[0] * prices[0] + pair[1] * prices[1])) / 1e6;
  const amount = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  element("total").textContent = !tokens || !prices.some(Boolean) ? ""
    : `A thousand samples of this size cost ${amount(price(now))}, under ${designs[chosen.against].name} ${amount(price(before))}.`;
}
