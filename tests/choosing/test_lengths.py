"""Lengths of samples under each design, against the tokens that training encodes.

pytest tests/choosing/test_lengths.py
"""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.train


@pytest.mark.parametrize("chat", [False, True])
@pytest.mark.parametrize("name", ["lines-text", "natural-num-ou-noinst"])
def test_lengths_are_those_of_the_samples_that_training_encodes(folder, quiet, tmp_path, name, chat):
    pytest.importorskip("transformers", reason="the train extra is not installed")
    from sde_datasets.choosing.data import prepare_data
    from sde_datasets.choosing.lengths import measure_lengths
    from sde_datasets.choosing.source import open_source
    from sde_datasets.designs.design import get_design
    from sde_datasets.runs.chat import chat_frame
    from sde_datasets.runs.encoding import COMPLETION
    from sde_datasets.runs.loading import make_encoder
    from sde_datasets.runs.options import TrainingOptions
    from sde_datasets.runs.samples import Split
    from tests.tiny_models import CHAT, byte_level

    tokenizer = byte_level()
    tokenizer.chat_template = CHAT
    tokenizer.save_pretrained(tmp_path / "model")
    options = TrainingOptions(config=f"mabsa-{name}", model=str(tmp_path / "model"), chat=chat)
    data = prepare_data(open_source(str(folder), "", tmp_path / "source", quiet), tmp_path / "data")
    data.require_designs([name])
    lengths = measure_lengths(data.folder, "mabsa", data.task, [get_design(name)], options)[get_design(name)]

    split = Split.open(str(data.folder), f"mabsa-{name}", "train")
    frame = chat_frame(tokenizer, "", "model")[0] if chat else None
    encoder = make_encoder(tokenizer, split.template, options, 1024, frame)
    samples = [encoder.encode_sample(row.text, row.completion) for row in list(split)[:64]]
    answer = np.mean([(sample.segments == COMPLETION).sum() for sample in samples])
    prompt = np.mean([len(sample.segments) for sample in samples]) - answer
    # parts that are counted apart can have a token more or less at their edges
    assert lengths.answer == pytest.approx(answer, abs=1) and lengths.prompt == pytest.approx(prompt, abs=3)
    assert lengths.generated == lengths.answer - 1
