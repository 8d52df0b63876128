"""Make the training batches of GLiNER from an export: for each text its words and the spans that are learned.

python load_gliner.py FOLDER OUT
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

from gliner.data_processing.processor import UniEncoderSpanProcessor
from gliner.data_processing.tokenizer import WordsSplitter

folder, out = sys.argv[1:]
config = SimpleNamespace(max_width=64, max_len=512)
tokenizer = SimpleNamespace(unk_token="<unk>", unk_token_id=0, pad_token="<pad>", pad_token_id=1)
processor = UniEncoderSpanProcessor(config, tokenizer, WordsSplitter())
labels = json.loads(Path(folder, "labels.json").read_text("utf-8"))
seen = []
for row in json.loads(Path(folder, "train.json").read_text("utf-8")):
    batch = processor.collate_raw_batch([row], entity_types=labels)
    spans = batch["span_idx"][0][batch["span_label"][0] > 0].tolist()
    seen.append([batch["tokens"][0], spans])
Path(out).write_text(json.dumps(seen), encoding="utf-8")
