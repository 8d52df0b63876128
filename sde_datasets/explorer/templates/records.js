// The list of records: what a search found, and which of them is shown.

const found = { key: "", rows: [], more: false };

/** Search if the view, the split or the words are others than those of the list. */
async function findRecords() {
  const key = JSON.stringify([chosen.view, chosen.split, chosen.words]);
  if (key === found.key) return;
  const { rows, more } = await source.records(chosen.view, chosen.words, chosen.split, 0);
  Object.assign(found, { key, rows: [...rows], more });
}

async function findMore() {
  const { rows, more } = await source.records(chosen.view, chosen.words, chosen.split, found.rows.length);
  found.rows.push(...rows);
  found.more = more;
  paintList();
}

const placeInList = () => found.rows.findIndex((row) => row.id === chosen.id && row.split === chosen.of);

function paintList() {
  const place = placeInList(), list = element("found");
  list.replaceChildren(...found.rows.map((row, n) => {
    const text = make("span", {}, ...shown(row.text));
    const hit = make("div", { className: "hit", id: `hit-${n}` }, text, make("small", {}, ...shown(`${row.id} · ${row.split}`)));
    hit.setAttribute("role", "option");
    hit.setAttribute("aria-selected", String(n === place));
    hit.addEventListener("click", () => pickRecord(n));
    return hit;
  }));
  if (!found.rows.length) list.replaceChildren(make("p", { className: "hit" }, "no record contains this"));
  list.setAttribute("aria-activedescendant", place < 0 ? "" : `hit-${place}`);
  list.children[place]?.scrollIntoView({ block: "nearest" });
  element("before").disabled = place <= 0;
  element("after").disabled = place + 1 >= found.rows.length && !found.more;
  element("more").hidden = !found.more;
}

function pickRecord(place) {
  const row = found.rows[place];
  if (!row) return;
  chosen.id = row.id;
  chosen.of = row.split;
  update(true);
}

/** Show the next record of the list (1) or the previous one (-1). */
async function stepRecord(step) {
  const place = placeInList() + step;
  if (place >= found.rows.length && found.more) await findMore();
  pickRecord(place);
}
