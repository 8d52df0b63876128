"""Load the training samples of an export as `llamafactory-cli train sft.yaml` does, in its environment.

python load_llamafactory.py FOLDER MODEL OUT
"""

import json
import sys
from pathlib import Path

import yaml
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer

folder, model, out = sys.argv[1:]
settings = yaml.safe_load((Path(folder) / "sft.yaml").read_text("utf-8"))
model_args, data_args, training_args, *_ = get_train_args(settings | {"use_cpu": True, "bf16": False})
loaded = load_tokenizer(model_args)
template = get_template_and_fix_tokenizer(loaded["tokenizer"], data_args)
dataset = get_dataset(template, model_args, data_args, training_args, stage="sft", **loaded)["train_dataset"]
rows = [[row["input_ids"], [label != -100 for label in row["labels"]]] for row in dataset]
Path(out).write_text(json.dumps(rows), encoding="utf-8")
