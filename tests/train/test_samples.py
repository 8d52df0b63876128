"""The samples of a split: their common template, and which of them a training size takes.

pytest tests/train/test_samples.py
"""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.samples import Split, Template, bundled


@pytest.mark.parametrize("config", ["ner-es", "mabsa-ew", "mabsa_zh-json-text-cot-noinst"])
def test_the_template_around_the_text_is_the_prompt(data, config):
    split = Split.of(str(data), config, "test")
    rows = [row for path in split.source.files for row in pq.read_table(data / path).to_pylist()]
    samples = list(split)
    assert [split.template.prompt(sample.text) for sample in samples] == [row["prompt"] for row in rows]
    assert [sample.completion for sample in samples] == [row["completion"] for row in rows]
    assert Template.from_dict(split.template.as_dict()) == split.template


def test_a_smaller_choice_lies_within_a_larger_and_is_the_same_under_all_designs(data):
    ids = {}
    for config in ("ner-es", "ner-ew", "ner-json-num-cot-ou-noinst"):
        split = Split.of(str(data), config, "train")
        ids[config] = [[sample.id for sample in split.chosen(size, 7)] for size in (50, 200, 9999)]
        assert ids[config][0] == ids[config][1][:50] and ids[config][1] == ids[config][2][:200]
        assert len(set(ids[config][2])) == len(split)
    assert ids["ner-es"] == ids["ner-ew"] == ids["ner-json-num-cot-ou-noinst"]
    other = Split.of(str(data), "ner-es", "train").chosen(50, 8)
    assert {sample.id for sample in other} != set(ids["ner-es"][0])


def test_the_bundled_corpora_are_built_when_asked_for(tmp_path, data):
    folder = bundled("mabsa-es", tmp_path)
    assert [*Split.of(str(folder), "mabsa-es", "test")] == [*Split.of(str(data), "mabsa-es", "test")]
    with pytest.raises(UsageError, match=r"unknown view 'mabs'.*Did you mean mabsa"):
        bundled("mabs-es", tmp_path)


def test_an_unknown_config_names_the_nearest(data):
    with pytest.raises(UsageError, match=r"Did you mean .*ner-es"):
        Split.of(str(data), "ner-ess", "train")


def test_prompts_that_differ_in_more_than_the_text_are_refused(data, tmp_path):
    source = Split.of(str(data), "ner-es", "test").source
    table = pq.read_table(data / source.files[0]).slice(0, 3)
    prompts = table.column("prompt").to_pylist()
    prompts[1] = "Now then.\n" + prompts[1]
    place = table.schema.get_field_index("prompt")
    broken = table.set_column(place, "prompt", [prompts])

    class Given:
        about, rows = source.about, 3

        def batches(self, columns):
            yield from broken.to_batches()

    with pytest.raises(InputError, match="differ in more than the text"):
        Split(Given())
