"""The tokens and the learned part of each sample as training sees them, to compare with what a tool makes of an export.

python tests/export/training_tokens.py FOLDER CONFIG MODEL CHAT SYSTEM: prints a JSON list of [ids, learned] per sample.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def training_tokens(data: str, config: str, tokenizer: Any, chat: bool = False, system: str = "") -> list:
    """Return for each training sample its token ids, and for each token whether it is learned."""
    from sde_datasets.runs.chat import chat_frame
    from sde_datasets.runs.encoding import COMPLETION, SampleEncoder
    from sde_datasets.runs.samples import Split

    split = Split.open(data, config, "train")
    template, end = split.template, tokenizer.eos_token_id
    if chat:
        frame, _ = chat_frame(tokenizer, system, "model")
        template, end = frame.wrap(template), frame.end
    encoder = SampleEncoder(tokenizer, template, end, 100_000, chat=chat, bos=False)
    encoded = (encoder.encode_sample(row.text, row.completion) for row in split)
    return [[sample.ids.tolist(), (sample.segments == COMPLETION).tolist()] for sample in encoded]


if __name__ == "__main__":
    from transformers import AutoTokenizer

    folder, config, model, chat, system = sys.argv[1:]
    print(json.dumps(training_tokens(folder, config, AutoTokenizer.from_pretrained(model), chat == "chat", system)))
