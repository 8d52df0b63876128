"""The bundled wordings: every instruction says what its design asks for, and what it says of the answers is true.

pytest tests/tasks/test_wordings.py
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations

import pytest

from sde_datasets.designs.design import BEYOND, DESIGNS, FORMATS, GRID, WORDINGS, Design
from sde_datasets.errors import InputError, UsageError
from sde_datasets.formats import Answer, answer_format
from sde_datasets.samples.prompts import RULE, instruction, prompt_template
from sde_datasets.samples.render import BETWEEN_EVIDENCE
from sde_datasets.tasks.task import get_task
from sde_datasets.tasks.wordings import SENTENCES, check_wording
from tests.loops import for_each_design

TARGETS = {
    ("ner", "en"): ("DNA", "RNA", "protein", "cell_type", "cell_line"),
    ("ner", "zh"): ("人名", "地名", "机构名"),
    ("ed", "en"): ("Catastrophe", "Attack", "Hostile_encounter", "Motion"),
    ("ed", "zh"): ("灾难", "袭击", "移动"),
    ("mabsa", "en"): ("food", "drinks", "price", "staff attitude"),
    ("mabsa", "zh"): ("食品评价", "饮品评价", "价格水平"),
}
TASKS = {name: get_task(name) for name, _ in TARGETS}
SCHEMAS = {key: TASKS[key[0]].schema(targets, key[1]) for key, targets in TARGETS.items()}
WORDED = {key: TASKS[key[0]].wordings[key[1]] for key in TARGETS}
ANSWERS = sorted({design.answer for design in DESIGNS.values()})
SLOT = re.compile(r"\{[a-z]+\}")
PLACES = ("below", "above", "上文", "下文", "以上", "以下", "上述", "下述")

each_task = pytest.mark.parametrize("key", TARGETS, ids="-".join)
each_design = for_each_design(DESIGNS.values())
each_answer = for_each_design(ANSWERS)


def every_sentence(key):
    """(number of the wording, name of the sentence, sentence) of one task and language."""
    return [(n, name, text) for n, wording in enumerate(WORDED[key], 1) for name, text in wording.items()]


def test_the_designs_cover_every_wording():
    assert set(GRID) <= set(DESIGNS)
    assert {design.wording for design in DESIGNS.values()} == set(WORDINGS)


@each_task
def test_wordings_are_complete(key):
    assert len(WORDED[key]) == len(WORDINGS)
    for number, wording in enumerate(WORDED[key], 1):
        check_wording(wording, SCHEMAS[key].kind, f"{key} {number}")
        assert set(wording) == set(SENTENCES[SCHEMAS[key].kind])


@each_task
def test_a_sentence_has_its_words_in_braces_and_no_others(key):
    needed = SENTENCES[SCHEMAS[key].kind]
    for number, name, text in every_sentence(key):
        assert sorted(SLOT.findall(text)) == sorted(needed[name]), (number, name)


@each_task
def test_no_two_sentences_are_the_same(key):
    texts = [text for _, _, text in every_sentence(key)]
    assert len(set(texts)) == len(texts)


@each_task
def test_sentences_do_not_say_where_the_text_stands(key):
    for number, name, text in every_sentence(key):
        assert not [word for word in PLACES if word in text.lower()], (number, name)


@each_task
def test_sentences_are_single_trimmed_lines_in_their_language(key):
    for number, name, text in every_sentence(key):
        assert text == text.strip() and "\n" not in text, (number, name)
        own = SLOT.sub("", text)
        if key[1] == "zh":
            assert not re.search(r"[,;:?!.]", own), (number, name)
        else:
            assert own.isascii(), (number, name)


@each_task
def test_forms_stand_at_the_end_of_a_sentence(key):
    # a form has its own marks, so none of the sentence may follow it
    for number, name, text in every_sentence(key):
        for word in ("{pattern}", "{absent}", "{nothing}", "{rest}"):
            assert word not in text or text.endswith(word), (number, name)


@each_design
@each_task
def test_instruction_holds_what_the_design_needs(key, design):
    schema, form = SCHEMAS[key], answer_format(design.answer, SCHEMAS[key])
    told = instruction(WORDED[key], schema, design)
    assert not SLOT.search(told)
    assert form.pattern() in told
    assert told.endswith(form.nothing if design.unmentioned == "ou" else form.absent_pattern())
    assert design.unmentioned == "pu" or form.absent_pattern() not in told
    comma = "、" if schema.language == "zh" else ", "
    names = schema.targets
    if schema.kind == "mention" and design.labels == "num":
        names = [f"{i} ({target})" for i, target in enumerate(names)]
    assert comma.join(names) in told


@each_design
@each_task
def test_instruction_is_made_of_the_sentences_of_the_design(key, design):
    schema, wording = SCHEMAS[key], WORDED[key][design.wording - 1]
    told = instruction(WORDED[key], schema, design)
    first = {"label": {"text": ["labels"], "num": ["labels_num"]}, "mention": {"text": [], "num": ["targets_num"]}}
    reasoning = [] if design.reasoning == "none" else [design.reasoning]
    wanted = ["task", *first[schema.kind][design.labels], design.format, *reasoning, design.unmentioned]
    lines = told.split("\n")
    assert len(lines) == len(wanted)
    for line, name in zip(lines, wanted, strict=True):
        assert re.fullmatch(".+".join(map(re.escape, SLOT.split(wording[name]))), line), name


@for_each_design([design for design in BEYOND.values() if (design.format, design.definitions) == ("inline", "none")])
@pytest.mark.parametrize("key", [key for key in TARGETS if SCHEMAS[key].kind == "mention"], ids="-".join)
def test_instruction_to_mark_the_text_has_its_own_sentences_with_both_forms(key, design):
    schema, wording = SCHEMAS[key], WORDED[key][design.wording - 1]
    lines = instruction(WORDED[key], schema, design).split("\n")
    numbered = ["targets_num"] if design.labels == "num" else []
    wanted = ["inline_task", *numbered, "inline", "inline_text", "inline_rest"]
    for line, name in zip(lines, wanted, strict=True):
        assert re.fullmatch(".+".join(map(re.escape, SLOT.split(wording[name]))), line), name
    target = "<number>" if numbered else f"<{schema.target_word}>"
    assert lines[-3].endswith(f"[<{schema.value_word}>|{target}]")
    assert json.loads(lines[-1][lines[-1].rindex("[") :].replace("<number>", "0"))[1] == f"<{schema.value_word}>"
    assert "[ ] | \\" in lines[-2] and "\\+" in lines[-1]


@each_design
@pytest.mark.parametrize("language", ["en", "zh"])
def test_labels_are_offered_as_the_design_writes_them(language, design):
    schema = SCHEMAS["mabsa", language]
    lines = instruction(WORDED["mabsa", language], schema, design).split("\n")
    offered, rest = lines[1], "\n".join([lines[0], *lines[2:-1]])
    for label, number in zip(schema.labels, schema.numbers, strict=True):
        assert (f"{number} ({label})" if design.labels == "num" else label) in offered
    shown = f"{schema.placeholder_number} ({schema.placeholder})" if design.labels == "num" else schema.placeholder
    assert (shown in offered) == (design.unmentioned == "pu")
    if design.unmentioned == "ou":
        assert schema.placeholder not in offered and str(schema.placeholder_number) not in offered
    assert schema.placeholder not in rest


@each_task
def test_the_instructions_of_the_wordings_differ(key):
    for design in ANSWERS:
        worded = [instruction(WORDED[key], SCHEMAS[key], replace(design, wording=number)) for number in WORDINGS]
        for one, other in combinations(worded, 2):
            assert not set(one.split("\n")) & set(other.split("\n"))


@each_task
def test_english_instructions_are_short(key):
    # the words of the wording itself, without targets and forms
    if key[1] == "en":
        numbered = "labels_num" if SCHEMAS[key].kind == "label" else "targets_num"
        for wording in WORDED[key]:
            told = [SLOT.sub("", wording[name]) for name in ("task", numbered, "natural", "rcot", "ou")]
            assert 50 <= len(" ".join(told).split()) <= 140


# what the sentences say of the forms


@each_answer
@each_task
def test_the_form_has_the_description_where_the_sentence_says(key, design):
    schema, pattern = SCHEMAS[key], answer_format(design, SCHEMAS[key]).pattern()
    description = f'"<{schema.description_word}>"'
    numbered = design.labels == "num"
    target = "<number>" if numbered and schema.kind == "mention" else f"<{schema.target_word}>"
    value = "<number>" if numbered and schema.kind == "label" else f"<{schema.value_word}>"
    if design.reasoning == "none":
        assert schema.description_word not in pattern
        return
    order = [target, description, value] if design.reasoning == "cot" else [target, value, description]
    found = sorted(order, key=pattern.index)
    assert found == order


@each_task
def test_reasoning_sentences_say_where_it_stands_and_how_passages_are_joined(key):
    en = key[1] == "en"
    said = {"cot": ("before", "between", "first"), "rcot": ("after", "behind", "first")} if en else None
    said = said or {"cot": ("之前", "中间", "先用"), "rcot": ("之后", "后面", "再用")}
    for number, wording in enumerate(WORDED[key], 1):
        for name in ("cot", "rcot"):
            assert said[name][number - 1] in wording[name].lower(), (number, name)
            assert BETWEEN_EVIDENCE in wording[name], (number, name)
            assert "JSON" in wording[name] and ("double quotes" if en else "英文双引号") in wording[name]
            # true of a target without description too: nothing of arrows and empty strings
            assert not re.search(r"->|<-|\"\"|arrow|empty|箭头|为空", wording[name]), (number, name)


@each_task
def test_format_sentences_name_the_form(key):
    en, label = key[1] == "en", SCHEMAS[key].kind == "label"
    marks = ("comma", "full stop") if label else ("semicolon",)
    marks = marks if en else ("逗号", "句号") if label else ("英文分号",)
    words = {"natural": marks, "lines": ("line",) if en else ("行",), "json": ("JSON", "object" if en else "对象")}
    words["list"] = ("JSON", "list" if en else "列表")
    for number, wording in enumerate(WORDED[key], 1):
        for name in FORMATS:
            assert all(word in wording[name] for word in words[name]), (number, name)


def written(key, design, mentioned: bool = True) -> str:
    """An answer in which the first target is mentioned (twice, in a mention task) and the second, or nothing."""
    schema, values, descriptions = SCHEMAS[key], {}, {}
    one, two = schema.targets[:2]
    if mentioned and schema.kind == "label":
        values = {one: schema.labels[0], two: schema.labels[2]}
    elif mentioned:
        values = {one: ("p", "q"), two: ("r",)}
    if design.reasoning != "none":
        each = design.format == "list" and schema.kind == "mention"
        descriptions = {t: ("the clause",) * len(v) if each else "the clause" for t, v in values.items()}
    return answer_format(design, schema).write(Answer(values, descriptions))


@each_answer
@each_task
def test_answers_have_the_shape_that_the_format_sentences_describe(key, design):
    schema = SCHEMAS[key]
    label, absent = schema.kind == "label", len(schema.targets) - 2 if design.unmentioned == "pu" else 0
    lines = written(key, design).split("\n")
    pattern = answer_format(design, schema).pattern()
    assert "\n" not in pattern
    if design.format == "natural":
        (sentence,) = lines
        between, stop = ((",", "."), ("，", "。"))[key[1] == "zh"] if label else (";", "")
        assert sentence.count(between) >= 1 + absent and sentence.endswith(stop)
        assert pattern.count(schema.between.strip()) == 1 and pattern.endswith(stop)
        return
    # a line for each target; in the lists of a mention task for each mention
    assert len(lines) == 2 + absent + (design.format == "list" and not label)
    if design.format != "lines":
        shape = dict if design.format == "json" else list
        read = [json.loads(line) for line in (*lines, pattern.replace("<number>", "0"))]
        assert {type(value) for value in read} == {shape}
        assert len({len(value) for value in read}) == 1
        assert shape is list or len({tuple(value) for value in read}) == 1


@each_answer
@each_task
def test_where_nothing_is_mentioned_the_answer_is_what_the_sentence_says(key, design):
    form, answer = answer_format(design, SCHEMAS[key]), written(key, design, mentioned=False)
    if design.unmentioned == "ou":
        assert answer == form.nothing
        return
    # with placeholders: an item for each target, each in the form that the sentence shows
    own = form.absent_pattern()
    for i, target in enumerate(SCHEMAS[key].targets):
        filled = own.replace("<number>", str(i)).replace(f"<{SCHEMAS[key].target_word}>", target)
        assert filled in answer


@each_task
def test_the_text_stands_on_the_side_that_the_design_says(key):
    for design in DESIGNS.values():
        template = prompt_template(WORDED[key], SCHEMAS[key], design)
        prefix, suffix = template.prefix, template.suffix
        assert (prefix.endswith(f"\n{RULE}\n"), suffix.startswith(f"\n{RULE}\n")) == (
            design.placement == "inst-first",
            design.placement == "inst-last",
        )
        assert suffix.endswith(f"\n{SCHEMAS[key].cue}\n")


# the errors


@each_task
def test_a_wording_with_a_defect_is_refused(key):
    kind, good = SCHEMAS[key].kind, dict(WORDED[key][0])
    with pytest.raises(InputError, match="unknown sentence 'more'"):
        check_wording(good | {"more": "x"}, kind, "here")
    for name, needed in SENTENCES[kind].items():
        if name not in ("post", "defs"):
            with pytest.raises(InputError, match=f"lacks the sentence '{name}'"):
                check_wording({n: text for n, text in good.items() if n != name}, kind, "here")
        for word in needed:
            with pytest.raises(InputError, match=f"the sentence '{name}' lacks {re.escape(word)}"):
                check_wording(good | {name: "x"}, kind, "here")


@each_task
def test_instruction_of_reasons_after_the_answer_ends_with_their_form(key):
    schema = SCHEMAS[key]
    for design in (Design(reasoning="post", unmentioned="ou"), Design("list", reasoning="post", wording=3)):
        told = instruction(WORDED[key], schema, design)
        assert told.endswith(answer_format(design, schema).reason_pattern())


@each_task
def test_instruction_with_definitions_has_a_line_for_each_target(key):
    schema = SCHEMAS[key]
    definitions = {target: f"what {target} is" for target in schema.targets}
    for wording in WORDINGS:
        plain = instruction(WORDED[key], schema, Design(wording=wording)).split("\n")
        told = instruction(WORDED[key], schema, Design(wording=wording, definitions="defs"), definitions).split("\n")
        added = [line for line in told if line not in plain]
        assert plain == [line for line in told if line in plain]
        assert added[0] == WORDED[key][wording - 1]["defs"] and len(added) == 1 + len(schema.targets)
        assert all(line.endswith(definitions[target]) for line, target in zip(added[1:], schema.targets, strict=True))


def test_a_target_without_definition_is_refused():
    key = ("ner", "en")
    with pytest.raises(UsageError, match="has no definition"):
        instruction(WORDED[key], SCHEMAS[key], Design(definitions="defs"))


def test_a_task_does_without_the_sentences_of_inline_until_a_design_needs_them():
    key = ("ner", "en")
    without = {name: text for name, text in WORDED[key][0].items() if not name.startswith("inline")}
    check_wording(without, "mention", "here")
    with pytest.raises(UsageError, match="wording 1 of task 'ner' in 'en' has no sentence 'inline_task'"):
        instruction((without,), SCHEMAS[key], BEYOND["inline-text-ou"])


@each_task
def test_a_wording_that_the_task_lacks_is_refused(key):
    with pytest.raises(UsageError, match="has no wording 2"):
        instruction(WORDED[key][:1], SCHEMAS[key], Design(wording=2))
