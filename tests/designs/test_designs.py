"""Names of designs: the grid, the presets, the aliases, and how a person asks for them.

pytest tests/designs/test_designs.py
"""

from __future__ import annotations

from itertools import product

import pytest

from sde_datasets.designs.design import (
    ALIASES,
    AXES,
    BEYOND,
    DEFINITIONS,
    DESIGNS,
    EVERY,
    FORMATS,
    GRID,
    INLINE,
    LABELS,
    PAPER,
    PLACEMENTS,
    POST,
    REASONING,
    UNMENTIONED,
    WORDINGS,
    Design,
    ViewTraits,
    get_design,
    select,
)
from sde_datasets.errors import UsageError

VIEWS = {"ner": "mention", "mabsa_mams_d1": "label"}


def test_the_grid_has_144_designs_of_the_first_wording():
    assert len(GRID) == len(set(GRID)) == 144
    assert {DESIGNS[name].wording for name in GRID} == {1}


def test_there_are_336_designs_with_other_wordings():
    assert len(DESIGNS) == len(set(DESIGNS.values())) == 336


def test_no_instruction_has_no_second_wording():
    assert not [name for name, d in DESIGNS.items() if d.placement == "no-inst" and d.wording > 1]


def test_every_choice_of_the_axes_is_there():
    first = set(product(FORMATS, LABELS, REASONING, UNMENTIONED, PLACEMENTS))
    chosen = {(d.format, d.labels, d.reasoning, d.unmentioned, d.placement) for d in map(get_design, GRID)}
    assert chosen == first


def test_the_axes_name_all_fields_and_options():
    options = {axis: set(given) for axis, given in AXES.items()}
    assert options == {
        "format": {*FORMATS, INLINE},
        "labels": set(LABELS),
        "reasoning": {*REASONING, POST},
        "unmentioned": set(UNMENTIONED),
        "placement": set(PLACEMENTS),
        "definitions": set(DEFINITIONS),
        "wording": {str(wording) for wording in WORDINGS},
    }


@pytest.mark.parametrize(
    ("design", "name"),
    [
        (Design(), "lines-text"),
        (Design("json", "num"), "json-num"),
        (Design("lines", "text", "cot"), "lines-text-cot"),
        (Design("natural", "text", "none", "ou", "inst-last"), "natural-text-ou-instlast"),
        (Design("list", "num", "rcot", "ou", "inst-last", 3), "list-num-rcot-ou-instlast-w3"),
        (Design("natural", "text", placement="no-inst"), "natural-text-noinst"),
        (Design(wording=2), "lines-text-w2"),
        (
            Design(reasoning="post", placement="inst-last", wording=2, definitions="defs"),
            "lines-text-post-instlast-defs-w2",
        ),
    ],
)
def test_a_name_says_what_departs_from_the_defaults(design, name):
    assert design.name == name


def test_every_name_is_read_back():
    assert all(get_design(design.name) == design for design in EVERY.values())


def test_48_completions_are_distinct():
    assert len({design.answer for design in DESIGNS.values()}) == 48


def test_the_answer_forgets_place_and_wording_only():
    design = get_design("list-num-rcot-ou-instlast-w3")
    assert design.answer == Design("list", "num", "rcot", "ou", "inst-first", 1)


def test_the_set_paper_is_that_of_the_design_document():
    assert PAPER == (
        "natural-text-instlast",
        "natural-text",
        "natural-text-noinst",
        "lines-text-instlast",
        "json-text-instlast",
        "natural-text-ou-instlast",
        "natural-num-instlast",
        "json-text-cot-instlast",
        "json-text-rcot-instlast",
        "lines-text",
        "lines-text-cot",
        "lines-text-rcot",
        "list-text-ou",
    )


def test_the_set_paper_is_in_the_grid():
    assert set(PAPER) <= set(GRID)


@pytest.mark.parametrize(
    ("alias", "name"), [("es", "lines-text"), ("ew", "natural-text-ou-instlast"), ("heuristic", "list-text-ou")]
)
def test_aliases(alias, name):
    assert ALIASES[alias] == name and get_design(alias).name == name


def test_no_alias_is_a_name():
    assert not set(ALIASES) & set(EVERY)


@pytest.mark.parametrize(
    ("given", "nearest"),
    [
        ("lines-txt", "lines-text"),
        ("json-text-ctt", "json-text-cot"),
        ("natural-text-instfirst", "natural-text-instlast"),
        ("heuristics", "heuristic"),
    ],
)
def test_an_unknown_design_is_refused_with_the_nearest(given, nearest):
    with pytest.raises(UsageError, match=f"unknown design '{given}'.*{nearest}"):
        get_design(given)


@pytest.mark.parametrize(
    "name", ["", "lines", "LINES-text", "lines-text-noinst-w2", "lines-text-w1", "text-lines", "*"]
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError, match="unknown design"):
        get_design(name)


def chosen(*wanted: str, view: str = "ner") -> tuple[str, ...]:
    traits = {name: ViewTraits(name, kind) for name, kind in VIEWS.items()}
    return select(wanted, traits[view], traits.values())


def test_select_paper():
    assert set(chosen("paper")) == set(PAPER)


def test_select_all_is_the_grid():
    assert chosen("all") == GRID


def test_select_keeps_the_order_of_the_grid_and_no_doubles():
    order = list(DESIGNS)
    given = chosen("list-text-ou", "paper", "lines-*", "lines-text")
    assert list(given) == sorted(set(given), key=order.index)
    assert len(given) == len(set(PAPER) | {name for name in GRID if name.startswith("lines-")})


@pytest.mark.parametrize("word", ["lines-text-cot", "ner-lines-text-cot"])
def test_select_one_name(word):
    assert chosen(word) == ("lines-text-cot",)


@pytest.mark.parametrize("word", ["es", "ner-es", "e[s]"])
def test_select_an_alias(word):
    assert chosen(word) == ("lines-text",)


def test_select_a_pattern_of_what_follows_the_view():
    assert chosen("lines-*-cot") == ("lines-text-cot", "lines-num-cot")


def test_select_a_pattern_of_the_full_config_name():
    given = chosen("ner-*-cot")
    assert given and given == tuple(name for name in GRID if name.endswith("-cot"))


def test_select_a_pattern_over_views():
    assert chosen("mabsa*-json-text") == ()
    assert chosen("mabsa*-json-text", view="mabsa_mams_d1") == ("json-text",)


def test_a_config_of_another_view_asks_nothing_of_this_one():
    assert chosen("mabsa_mams_d1-lines-text") == ()
    assert chosen("mabsa_mams_d1-lines-text", view="mabsa_mams_d1") == ("lines-text",)


def test_other_wordings_are_left_out_where_they_are_not_named():
    assert {get_design(name).wording for name in chosen("*")} == {1}


def test_other_wordings_are_chosen_where_they_are_named():
    assert chosen("lines-text-w2") == ("lines-text-w2",)
    assert {get_design(name).wording for name in chosen("*-w3")} == {3}
    assert len(chosen("*-w[23]", view="mabsa_mams_d1")) == 192


def test_no_word_chooses_nothing():
    assert chosen() == ()


def test_a_word_that_matches_nothing_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"no design matches 'lines-txt'.*lines-text"):
        chosen("lines-txt")


def test_an_unknown_view_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown view 'nre' in 'nre-lines-text'.*ner"):
        chosen("nre-lines-text")


def test_an_empty_word_is_refused():
    with pytest.raises(UsageError, match="no design matches ''"):
        chosen("")


INLINE_DESIGNS = (
    "inline-text-ou",
    "inline-text-ou-instlast",
    "inline-text-ou-noinst",
    "inline-num-ou",
    "inline-num-ou-instlast",
    "inline-num-ou-noinst",
)


def test_every_adds_the_designs_that_mark_the_text_where_there_are_mentions():
    assert set(chosen("every")) - set(chosen("every", view="mabsa_mams_d1")) == {
        *INLINE_DESIGNS,
        *(f"{name}-defs" for name in INLINE_DESIGNS if not name.endswith("-noinst")),
    }


def test_every_adds_48_designs_with_reasons_after_the_answer_and_definitions_for_each_instruction():
    names = chosen("every", view="mabsa_mams_d1")
    defined = [name for name in names if name.endswith("-defs")]
    assert len([name for name in names if "-post" in name and "-defs" not in name]) == 48
    assert sorted(defined) == sorted(f"{name}-defs" for name in names if f"{name}-defs" in EVERY)
    assert len(names) == len(GRID) + 48 + (144 + 48) * 2 // 3


def test_a_view_without_definitions_has_no_design_that_defines_its_targets():
    view = ViewTraits("mabsa", "label", undefined=("parking",))
    assert not [name for name in select(["every"], view, [view]) if name.endswith("-defs")]
    with pytest.raises(UsageError, match=r"mabsa has no definition of 'parking'.*a table definitions"):
        select(["lines-text-defs"], view, [view])


def test_definitions_without_an_instruction_are_refused():
    with pytest.raises(UsageError, match="no instruction could hold the definitions"):
        Design(placement="no-inst", definitions="defs")


def test_designs_beyond_the_paper_have_three_wordings():
    assert {design.wording for design in BEYOND.values()} == set(WORDINGS)


@pytest.mark.parametrize(
    ("pattern", "marks"), [("lines-*", ()), ("lines-*-post", ("-post",)), ("*-post-defs", ("-post", "-defs"))]
)
def test_a_pattern_selects_designs_beyond_the_paper_by_their_marks(pattern, marks):
    names = chosen(pattern, view="mabsa_mams_d1")
    assert names and all([mark for mark in ("-post", "-defs") if mark in name] == list(marks) for name in names)


def test_a_pattern_selects_inline_for_mentions_and_nothing_for_labels():
    assert chosen("inline-*") == INLINE_DESIGNS
    assert chosen("inline-*", view="mabsa_mams_d1") == ()


def test_inline_for_labels_alone_is_refused_with_other_formats():
    labels = ViewTraits("mabsa", "label")
    with pytest.raises(UsageError, match=r"mabsa has labels, no mentions\. Use another format: natural, lines"):
        select(["inline-text-ou"], labels, [labels])


@pytest.mark.parametrize("name", ["inline-text", "inline-text-cot", "inline-text-rcot-ou"])
def test_options_that_inline_excludes_are_refused_with_the_name_without_them(name):
    with pytest.raises(UsageError, match="Use 'inline-text-ou'"):
        get_design(name)
    with pytest.raises(UsageError, match="Use 'inline-text-ou'"):
        chosen(f"ner-{name}")


def test_options_that_inline_excludes_are_refused_in_a_design():
    with pytest.raises(UsageError, match="Give unmentioned='ou', reasoning='none'"):
        Design(format="inline")
