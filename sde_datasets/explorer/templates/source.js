// Where views, records and tokens come from: the page holds them, or the local server answers.

const { catalogue, held } = JSON.parse(element("data").textContent);
const inFile = Object.keys(held).length > 0;
const PAGE = 50;

const asked = new Map();

/** Ask the server once for each address. */
function ask(path, given) {
  const address = path + "?" + new URLSearchParams(given);
  if (!asked.has(address)) {
    const answer = fetch(address).then(async (response) => {
      const values = await response.json();
      if (!response.ok) throw new Error(values.error);
      return values;
    });
    // an answer that failed is asked for again
    answer.catch(() => asked.delete(address));
    asked.set(address, answer);
  }
  return asked.get(address);
}

const served = {
  view: (view) => ask("view", { view }),
  records: (view, words, split, skip) => ask("records", { view, words, split, skip }),
  record: (view, split, id) => ask("record", { view, split, id }),
  tokens: (view, split, id, tokenizer) => ask("tokens", { view, split, id, tokenizer }),
};

function heldRecord(view, split, id) {
  const record = held[view].records.find((each) => each.id === id && each.split === split);
  if (!record) throw new Error(`the page does not hold the record ${id}`);
  return record;
}

const inPage = {
  view: async (view) => held[view],
  async records(view, words, split, skip) {
    const wanted = words.toLowerCase();
    const contains = (text) => text.toLowerCase().includes(wanted);
    const rows = held[view].records.filter(
      (each) => (!split || each.split === split) && (contains(each.text) || contains(each.id)),
    );
    return { rows: rows.slice(skip, skip + PAGE), more: rows.length > skip + PAGE };
  },
  record: async (view, split, id) => heldRecord(view, split, id),
  tokens: async (view, split, id, tokenizer) => heldRecord(view, split, id).tokens[tokenizer],
};

const source = inFile ? inPage : served;

/** The prompt parts of a design: what is before the text of a record, and after it. */
function affixes(view, number) {
  const place = viewOf(view.name).designs.indexOf(number);
  return view.parts[place].map((numbers) => numbers.map((line) => view.lines[line]).join("\n"));
}

const viewOf = (name) => catalogue.views.find((view) => view.name === name);
