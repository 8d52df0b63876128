// Differences between two texts, by lines and then by words: the longest common subsequence.

const WORD = /\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}_])+|./gsu;
// pairs of words above which a text counts as changed as a whole
const MOST_PAIRS = 4e6;

// the share of the shorter text that two texts must have in common to be compared word by word
const SIMILAR = 0.6;
// pairs of changed lines above which they are not aligned
const MOST_LINES = 2500;

/** [kind, text] pairs that give the new text without "removed", and the old one without "added". */
function differences(before, after) {
  const lines = (text) => text.split(/(?<=\n)/);
  const found = [];
  let old = [], now = [];
  const flush = () => {
    found.push(...aligned(old, now));
    old = [], now = [];
  };
  for (const [kind, line] of common(lines(before), lines(after))) {
    if (kind === "removed") old.push(line);
    else if (kind === "added") now.push(line);
    else {
      flush();
      found.push([kind, line]);
    }
  }
  flush();
  return joined(found);
}

/** Compare changed lines: those that are alike word by word, in their order, and the others as a whole. */
function aligned(old, now) {
  if (old.length * now.length > MOST_LINES) return [["removed", old.join("")], ["added", now.join("")]];
  const pairs = old.map((line) => now.map((other) => byWords(line, other)));
  // the most that the lines from each place on can have in common
  const best = Array.from({ length: old.length + 1 }, () => new Array(now.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      best[i][j] = Math.max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + pairs[i][j].same);
  const found = [];
  let i = 0, j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && pairs[i][j].same && best[i][j] === best[i + 1][j + 1] + pairs[i][j].same) found.push(...pairs[i++][j++].found);
    else if (j === now.length || (i < old.length && best[i][j] === best[i + 1][j])) found.push(["removed", old[i++]]);
    else found.push(["added", now[j++]]);
  }
  return found;
}

/** Compare two lines word by word. same: the characters that they have in common, 0 for lines that are not alike. */
function byWords(before, after) {
  const found = common(before.match(WORD) ?? [], after.match(WORD) ?? []);
  const same = found.filter(([kind]) => kind === "same").reduce((sum, [, text]) => sum + text.length, 0);
  return { found, same: same >= SIMILAR * Math.min(before.length, after.length) ? same : 0 };
}

/** What two lists of strings have in common, and what is in one of them only. */
function common(old, now) {
  let start = 0, end = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const same = (part) => part.map((text) => ["same", text]);
  const middle = changed(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return [...same(now.slice(0, start)), ...middle, ...same(now.slice(now.length - end))];
}

function changed(old, now) {
  if (old.length * now.length > MOST_PAIRS) return [["removed", old.join("")], ["added", now.join("")]];
  const width = now.length + 1;
  const lengths = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i * width + j] = old[i] === now[j]
        ? lengths[(i + 1) * width + j + 1] + 1
        : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
  const pairs = [];
  let i = 0, j = 0;
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) pairs.push(["same", old[i++], j++]);
    else if (j === now.length || (i < old.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) pairs.push(["removed", old[i++]]);
    else pairs.push(["added", now[j++]]);
  }
  return pairs;
}

/** Put what was removed between two equal parts before what was added there; a blank between changes is changed too. */
function joined(pairs) {
  const found = [];
  let removed = "", added = "", blank = "";
  const flush = () => {
    if (removed) found.push(["removed", removed]);
    if (added) found.push(["added", added]);
    if (blank) found.push(["same", blank]);
    removed = added = blank = "";
  };
  for (const [kind, text] of pairs) {
    if (kind === "same" && text === " " && (removed || added) && !blank) blank = text;
    else if (kind === "same") {
      flush();
      const last = found.at(-1);
      if (last?.[0] === "same") last[1] += text;
      else found.push(["same", text]);
    } else {
      removed += blank + (kind === "removed" ? text : "");
      added += blank + (kind === "added" ? text : "");
      blank = "";
    }
  }
  flush();
  return found.filter(([, text]) => text);
}

/** The nodes of a text with its differences from another one. */
function compared(before, after) {
  if (!chosen.differences) return shown(after);
  return differences(before, after).flatMap(([kind, text], n, all) => {
    if (kind === "same") return shown(text);
    if (kind === "added") return make("ins", {}, ...shown(text));
    // what takes the place of whole lines begins on a line of its own
    const end = text.includes("\n") && !text.endsWith("\n") && all[n + 1]?.[0] === "added" ? "\n" : "";
    return make("del", {}, ...shown(text), end);
  });
}
