"""Tasks as data: a TOML file of your own works end to end, and each mistake in one gives an error.

pytest tests/tasks/test_tasks.py
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sde_datasets.designs.design import DESIGNS, get_design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats import Answer, answer_format
from sde_datasets.samples.prompts import instruction
from sde_datasets.tasks.task import get_task, load_task, task_names

STANCE = """
name = "stance"
kind = "label"

[en]
target_word = "claim"
value_word = "stance"
description_word = "quote"
labels = ["in favour", "against"]
numbers = [10, 1]
placeholder = "silent"
placeholder_number = 0
cue = "Answer:"
colon = ": "
comma = ", "
between = "; "
stop = "!"

[[en.wordings]]
task = "Stance on {targets}?"
labels = "One of {labels}."
labels_num = "Numbers: {labels}."
natural = "As {pattern}"
lines = "Lines: {pattern}"
json = "JSON: {pattern}"
list = "Lists: {pattern}"
cot = "Quote first."
rcot = "Quote last."
pu = "If silent: {absent}"
ou = "If all silent: {nothing}"
"""

FINDINGS = """
name = "findings"
kind = "mention"

[de]
target_word = "Art"
value_word = "Befund"
description_word = "Zitat"
placeholder = "nichts"
cue = "Antwort:"
colon = ": "
comma = ", "
between = "; "
stop = ""

[[de.wordings]]
task = "Finde {targets}."
targets_num = "Als Zahl."
natural = "So: {pattern}"
lines = "Zeilen: {pattern}"
json = "JSON: {pattern}"
list = "Listen: {pattern}"
cot = "Zuerst das Zitat."
rcot = "Zuletzt das Zitat."
pu = "Sonst {absent}"
ou = "Ganz leer: {nothing}"
"""

TARGETS = ("tax", "a ban; soon")


@pytest.fixture
def put(tmp_path):
    """Writes a TOML file and gives its path."""

    def write(text: str, name: str = "own.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_bundled_tasks_are_known():
    assert {"ed", "mabsa", "ner"} <= set(task_names())


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown task 'mabs'.*mabsa"):
        get_task("mabs")


def test_a_task_is_found_by_a_path_relative_to_a_folder(put, tmp_path):
    put(STANCE)
    assert get_task("own.toml", tmp_path).name == "stance"


def test_the_schema_of_an_own_task_has_its_words(put):
    schema = load_task(put(STANCE)).schema(TARGETS)
    assert (schema.task, schema.kind, schema.language, schema.targets) == ("stance", "label", "en", TARGETS)
    assert schema.number_of == {"in favour": 10, "against": 1, "silent": 0}


@pytest.mark.parametrize(
    ("design", "told"),
    [
        (
            "natural-text",
            'Stance on tax, "a ban; soon"?\nOne of in favour, against, silent.\n'
            "As <claim>: <stance>; <claim>: <stance>!\nIf silent: <claim>: silent",
        ),
        (
            "json-num-cot-ou",
            'Stance on tax, "a ban; soon"?\nNumbers: 10 (in favour), 1 (against).\n'
            'JSON: {"claim": "<claim>", "quote": "<quote>", "stance": <number>}\nQuote first.\nIf all silent: []',
        ),
    ],
)
def test_the_instruction_of_an_own_task(put, design, told):
    task = load_task(put(STANCE))
    assert instruction(task.wordings["en"], task.schema(TARGETS), get_design(design)) == told


@pytest.mark.parametrize(
    ("design", "completion"),
    [
        ("natural-text", 'tax: in favour; "a ban; soon": silent!'),
        ("natural-num-ou", "tax: 10!"),
        ("lines-text-rcot", 'tax: in favour <- "yes"\n"a ban; soon": silent'),
        ("json-text-cot-ou", '{"claim": "tax", "quote": "yes", "stance": "in favour"}'),
        ("list-num", '["tax", 10]\n["a ban; soon", 0]'),
    ],
)
def test_the_completion_of_an_own_label_task(put, design, completion):
    design, schema = get_design(design), load_task(put(STANCE)).schema(TARGETS)
    quoted = {} if design.reasoning == "none" else {"tax": "yes"}
    assert answer_format(design, schema).write(Answer({"tax": "in favour"}, quoted)) == completion


@pytest.mark.parametrize(
    ("design", "completion"),
    [
        ("natural-text", 'tax: Abgabe, "Nichts"; "a ban; soon": nichts'),
        ("lines-num-ou", '0: Abgabe, "Nichts"'),
        ("json-text", '{"Art": "tax", "Befund": ["Abgabe", "Nichts"]}\n{"Art": "a ban; soon", "Befund": []}'),
    ],
)
def test_the_completion_of_an_own_mention_task(put, design, completion):
    design, schema = get_design(design), load_task(put(FINDINGS)).schema(TARGETS)
    assert answer_format(design, schema).write(Answer({"tax": ("Abgabe", "Nichts")}, {})) == completion


def unread(task, values: list[dict], targets=TARGETS) -> list[tuple[str, str]]:
    """The designs, with the completion, under which what is written is not read back."""
    schema, wrong = task.schema(targets), []
    for design in sorted({design.answer for design in DESIGNS.values() if design.reasoning == "none"}):
        form = answer_format(design, schema)
        for each in values:
            reading = form.read(form.write(Answer(each, {})))
            if reading.answer.values != each or reading.defects:
                wrong.append((design.name, form.write(Answer(each, {}))))
    return wrong


@pytest.mark.parametrize("values", [{"tax": "in favour", "a ban; soon": "against"}, {"a ban; soon": "in favour"}, {}])
def test_answers_of_an_own_label_task_are_read_back(put, values):
    assert unread(load_task(put(STANCE)), [values]) == []


@pytest.mark.parametrize("values", [{"tax": ("nichts", "a, b", "nicht"), "a ban; soon": ("0",)}, {"tax": ("x",)}, {}])
def test_answers_of_an_own_mention_task_are_read_back(put, values):
    assert unread(load_task(put(FINDINGS)), [values]) == []


def test_a_wording_that_the_task_lacks_is_refused(put):
    task = load_task(put(STANCE))
    with pytest.raises(UsageError, match="task 'stance' has no wording 2 in 'en'"):
        instruction(task.wordings["en"], task.schema(TARGETS), get_design("lines-text-w2"))


@pytest.mark.parametrize(("language", "spoken"), [("de", "de"), ("en", "en"), ("fr", "en")])
def test_a_language_without_words_is_answered_in_english(put, language, spoken):
    task = load_task(put(STANCE + STANCE.split('kind = "label"')[1].replace("[en]", "[de]").replace("[[en.", "[[de.")))
    assert task.schema(TARGETS, language).language == spoken


def test_a_language_without_words_is_answered_in_the_first_where_there_is_no_english(put):
    assert load_task(put(FINDINGS)).schema(TARGETS, "fr").language == "de"


def test_the_schema_names_the_place_of_bad_targets(put):
    with pytest.raises(InputError, match=r"sde\.toml: duplicate target"):
        load_task(put(STANCE)).schema(("a", "a"), location="sde.toml")


def refuse(path: Path, *words: str) -> None:
    """Loading is refused in a message that names the file and `words`."""
    with pytest.raises(InputError) as caught:
        load_task(path)
    assert all(word in str(caught.value) for word in (str(path), *words)), str(caught.value)


def test_a_file_that_does_not_exist(tmp_path):
    refuse(tmp_path / "none.toml", "does not exist")


def test_a_folder(tmp_path):
    refuse(tmp_path, "is not a TOML file")


@pytest.mark.parametrize("text", ["name = ", "not toml", 'name = "a"\nname = "b"'])
def test_a_file_that_is_no_toml(put, text):
    refuse(put(text), "is not a TOML file")


def test_a_file_that_is_not_utf_8(tmp_path):
    (tmp_path / "own.toml").write_bytes(b'name = "\xff"')
    refuse(tmp_path / "own.toml", "is not a TOML file")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "stance"', "", ["name is None"]),
        ('name = "stance"', 'name = "my-stance"', ["name is 'my-stance'"]),
        ('name = "stance"', "name = 5", ["name is 5"]),
        ('kind = "label"', "", ["unknown kind None", "label, mention"]),
        ('kind = "label"', 'kind = "span"', ["unknown kind 'span'"]),
        ('kind = "label"', 'kind = "label"\ncolour = "red"', ["table for each language"]),
        ('cue = "Answer:"', 'cue = "Answer:"\ncolour = "red"', ["[en]", "unknown key 'colour'"]),
        ('cue = "Answer:"', 'Cue = "Answer:"', ["[en]", "unknown key 'Cue'", "cue"]),
        ('cue = "Answer:"', 'cue = "Answer:"\ntargets = ["a"]', ["[en]", "unknown key 'targets'"]),
        ('cue = "Answer:"', "", ["[en]", "lacks cue"]),
        ('colon = ": "\ncomma = ", "', "", ["[en]", "lacks colon, comma"]),
        ('labels = ["in favour", "against"]', "", ["[en]", "labels"]),
        ('labels = ["in favour", "against"]', 'labels = ["pro", "Pro"]', ["[en]", "distinct"]),
        ('"against"]', '"a: b"]', ["[en]", "the label 'a: b'"]),
        ('"against"]', '"no!"]', ["[en]", "the label 'no!'"]),
        ("numbers = [10, 1]", "numbers = [10]", ["[en]", "each label needs a number"]),
        ("numbers = [10, 1]", "numbers = [10, 10]", ["[en]", "need different numbers"]),
        ("placeholder_number = 0", "", ["[en]", "each label needs a number"]),
        ("placeholder_number = 0", "placeholder_number = 1", ["[en]", "need different numbers"]),
        ('task = "Stance', 'tusk = "Stance', ["[en] wording 1", "unknown sentence 'tusk'"]),
        ('cot = "Quote first."', "", ["[en] wording 1", "lacks the sentence 'cot'"]),
        ('cot = "Quote first."', "cot = 5", ["[en] wording 1", "'cot'"]),
        ("Lists: {pattern}", "Lists: {patern}", ["[en] wording 1", "the sentence 'list' lacks {pattern}"]),
        ("on {targets}?", "on it?", ["[en] wording 1", "the sentence 'task' lacks {targets}"]),
        ("If silent: {absent}", "", ["[en] wording 1", "the sentence 'pu' lacks {absent}"]),
    ],
)
def test_a_broken_task_is_refused_by_file_and_key(put, old, new, words):
    assert old in STANCE
    refuse(put(STANCE.replace(old, new)), *words)


def test_a_task_without_a_language(put):
    refuse(put('name = "stance"\nkind = "label"'), "table for each language")


def test_a_task_without_wordings(put):
    refuse(put(STANCE.split("[[en.wordings]]")[0]), "[en]", "needs one to three wordings")


def test_a_task_with_four_wordings(put):
    head, wording = STANCE.split("[[en.wordings]]")
    refuse(put(head + ("[[en.wordings]]" + wording) * 4), "[en]", "needs one to three wordings")


def test_a_sentence_of_the_other_kind(put):
    refuse(put(FINDINGS + 'labels = "of {labels}"\n'), "[de] wording 1", "unknown sentence 'labels'")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('cue = "Answer:"', "cue = 5", "cue"),
        ('colon = ": "', "colon = 5", "colon"),
        ('stop = "!"', "stop = 1", "stop"),
        ('target_word = "claim"', "target_word = 3", "target_word"),
        ('placeholder = "silent"', "placeholder = 0", "placeholder"),
        ('labels = ["in favour", "against"]', "labels = [1, 2]", "label"),
        ('labels = ["in favour", "against"]', 'labels = "no"', "label"),
        ("numbers = [10, 1]", 'numbers = ["10", "1"]', "number"),
        ("numbers = [10, 1]", "numbers = [0.5, 1]", "number"),
        ("numbers = [10, 1]", "numbers = 10", "number"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_by_file_and_key(put, old, new, key):
    assert old in STANCE
    refuse(put(STANCE.replace(old, new)), "[en]", key)


def test_wordings_that_are_no_tables_are_refused(put):
    refuse(put(STANCE.split("[[en.wordings]]")[0] + "wordings = [5]\n"), "[en] wording 1")


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (STANCE, 'colon = ": "', 'colon = ""'),
        (STANCE, 'value_word = "stance"', 'value_word = "claim"'),
        (STANCE, 'between = "; "', 'between = "\\n"'),
        (FINDINGS, 'comma = ", "', 'comma = " / "'),
        (FINDINGS, 'between = "; "', 'between = ", "'),
        (FINDINGS, 'stop = ""', 'stop = "."'),
        (FINDINGS, 'placeholder = "nichts"', 'placeholder = "nichts, gar nichts"'),
        (FINDINGS, 'placeholder = "nichts"', 'placeholder = ""'),
        (FINDINGS, 'stop = ""', 'stop = ""\nquoted = true'),
    ],
    ids=[
        "no colon",
        "equal words",
        "between a line feed",
        "comma",
        "between",
        "stop",
        "placeholder",
        "empty",
        "quoted",
    ],
)
def test_a_task_that_loads_can_be_written_and_read(put, text, old, new):
    assert old in text
    try:
        task = load_task(put(text.replace(old, new)))
    except InputError:
        return
    label = [{"tax": "in favour", "a ban; soon": "against"}, {"tax": "against"}, {}]
    mention = [{"tax": ("x / y",), "a ban; soon": ("e.g.",)}, {"tax": ("x", "y")}, {}]
    assert unread(task, label if task.kind == "label" else mention) == []
