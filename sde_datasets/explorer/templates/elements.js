// Elements of the page. Everything from data becomes text, never markup.

const element = (id) => document.getElementById(id);

/** Make an element with properties and children; a string is a child of text, an empty child is left out. */
function make(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== "" && child !== null));
  return made;
}

/** Fill a select with [value, text] pairs and choose one of them. */
function fill(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value, false, String(value) === String(chosen))));
}

// control and format characters, separators of lines and private ones; a tab and a line end are shown as they are
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** The nodes of a text: a character that cannot be seen is in an element that shows its code. */
function shown(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(UNSEEN)) {
    nodes.push(text.slice(at, found.index));
    const unseen = make("span", { className: "unseen" }, found[0]);
    unseen.dataset.code = "U+" + found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.push(unseen);
    at = found.index + found[0].length;
  }
  return [...nodes, text.slice(at)].filter((node) => node !== "");
}

/** Characters as Python counts them. */
const characters = (text) => [...text].length;

const thousands = (number) => number.toLocaleString("en");

function say(text) {
  element("status").textContent = text;
}

async function copy(text, button) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "copied";
  } catch {
    button.textContent = "the browser refuses";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}
