"""Load the training samples of an export as a recipe of torchtune does: the whole text, and the part that is learned.

python load_torchtune.py FOLDER OUT
"""

import json
import sys
from pathlib import Path

from omegaconf import OmegaConf
from torchtune import config

folder, out = sys.argv[1:]


def characters(sample, inference=False):
    """The characters of the messages in place of tokens."""
    pairs = [(ord(char), message.masked) for message in sample["messages"] for char in message.text_content]
    return {"tokens": [char for char, _ in pairs], "mask": [masked for _, masked in pairs]}


def text_of(tokens):
    """The text of characters; masked ones are negative."""
    return "".join(chr(token) for token in tokens if token >= 0)


settings = OmegaConf.load(f"{folder}/datasets.yaml")
dataset = config.instantiate(settings.dataset, characters)
rows = [dataset[number] for number in range(len(dataset))]
pairs = [[text_of(row["tokens"]), text_of(row["labels"])] for row in rows]
Path(out).write_text(json.dumps(pairs), encoding="utf-8")
