"""The samples of a split: their common template, and which of them a training size takes.

pytest tests/runs/test_samples.py
"""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.runs.samples import ConfigTemplate, Split, build_bundled


@pytest.mark.parametrize("config", ["ner-es", "mabsa-ew", "mabsa_zh-json-text-cot-noinst"])
def test_prompt_is_the_template_around_the_text(data, config):
    split = Split.open(str(data), config, "test")
    rows = [row for path in split.source.files for row in pq.read_table(data / path).to_pylist()]
    samples = list(split)
    assert [split.template.prompt(sample.text) for sample in samples] == [row["prompt"] for row in rows]
    assert [sample.completion for sample in samples] == [row["completion"] for row in rows]
    assert ConfigTemplate.from_dict(split.template.to_dict()) == split.template


def test_smaller_draw_is_a_prefix_of_a_larger_one_under_all_designs(data):
    ids = {}
    for config in ("ner-es", "ner-ew", "ner-json-num-cot-ou-noinst"):
        split = Split.open(str(data), config, "train")
        ids[config] = [[sample.id for sample in split.draw(size, 7)] for size in (50, 200, 9999)]
        assert ids[config][0] == ids[config][1][:50] and ids[config][1] == ids[config][2][:200]
        assert len(set(ids[config][2])) == len(split)
    assert ids["ner-es"] == ids["ner-ew"] == ids["ner-json-num-cot-ou-noinst"]
    other = Split.open(str(data), "ner-es", "train").draw(50, 8)
    assert {sample.id for sample in other} != set(ids["ner-es"][0])


def test_bundled_corpora_are_built_on_demand(tmp_path, data):
    folder = build_bundled("mabsa-es", tmp_path)
    assert [*Split.open(str(folder), "mabsa-es", "test")] == [*Split.open(str(data), "mabsa-es", "test")]
    with pytest.raises(UsageError, match=r"unknown view 'mabs'.*Did you mean mabsa"):
        build_bundled("mabs-es", tmp_path)


def test_unknown_config_error_names_the_nearest_one(data):
    with pytest.raises(UsageError, match=r"Did you mean .*ner-es"):
        Split.open(str(data), "ner-ess", "train")


def test_prompts_without_a_common_template_are_refused(data, tmp_path):
    source = Split.open(str(data), "ner-es", "test").source
    table = pq.read_table(data / source.files[0]).slice(0, 3)
    prompts = table.column("prompt").to_pylist()
    prompts[1] = "Now then.\n" + prompts[1]
    place = table.schema.get_field_index("prompt")
    broken = table.set_column(place, "prompt", [prompts])

    class Given:
        identity, rows = source.identity, 3

        def batches(self, columns):
            yield from broken.to_batches()

    with pytest.raises(InputError, match="differ in more than the text"):
        Split(Given())
