"""The dataset card and the catalogue: what `load_dataset` needs to find every config, and a person to choose one.

The card names the files of each config explicitly, since then loading one config looks at nothing else, and carries no
`dataset_info`, since the features stand in the Parquet files and reading the card would slow down with every config.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import yaml

from sde_datasets.designs import ALIASES, AXES, find_design
from sde_datasets.grid import Output
from sde_datasets.manifest import write_text
from sde_datasets.plan import Plan


def config_files(states: dict, designs: dict) -> dict[str, dict[str, list[str]]]:
    """Each config with the files of its splits: the designs of each view, its aliases, and its records."""
    configs: dict[str, dict[str, list[str]]] = {}
    for view, state in states.items():
        records = {split: [shard["path"] for shard in shards] for split, shards in state["records"].items()}
        for design in designs[view]:
            configs[f"{view}-{design}"] = _moved(records, f"{view}-records", f"{view}-{design}")
        for alias, design in ALIASES.items():
            if design in designs[view]:
                configs[f"{view}-{alias}"] = configs[f"{view}-{design}"]
        configs[f"{view}-records"] = records
    return configs


def configs_of(chosen: tuple[str, ...]) -> int:
    """How many configs a view with these designs has, its aliases and its records among them."""
    return len(chosen) + sum(design in chosen for design in ALIASES.values()) + 1


def _moved(files: dict[str, list[str]], old: str, new: str) -> dict[str, list[str]]:
    return {split: [path.replace(f"data/{old}/", f"data/{new}/") for path in paths] for split, paths in files.items()}


def default_config(states: dict, designs: dict) -> str:
    """The config that loads without a name: the first view's lines-text, else its first design, else its records."""
    view = next(iter(states))
    chosen = designs[view]
    return f"{view}-{'lines-text' if 'lines-text' in chosen else chosen[0] if chosen else 'records'}"


def write_card(out: Path, plan: Plan, states: dict, designs: dict) -> None:
    """Write README.md: the YAML that the Hub and `load_dataset` read, and a body for people."""
    default = default_config(states, designs)
    languages = sorted({state["language"] for state in states.values()})
    front = yaml.safe_dump({"language": languages, "tags": ["sample-design-engineering"]}, sort_keys=False)
    # JSON is YAML, and this mixture is what the parser of `datasets`, written in Python, reads fastest
    configs = (f"- {json.dumps(_entry(name, f, name == default))}" for name, f in config_files(states, designs).items())
    head = f"---\n{front}configs:\n" + "\n".join(configs) + "\n---\n\n"
    write_text(out / "README.md", head + _body(plan, states, designs, default))


def _entry(name: str, files: dict[str, list[str]], default: bool) -> dict:
    paths = [{"split": split, "path": p[0] if len(p) == 1 else p} for split, p in files.items()]
    return {"config_name": name, "data_files": paths} | ({"default": True} if default else {})


def _body(plan: Plan, states: dict, designs: dict, default: str) -> str:
    name = plan.repository or "path/to/this/folder"
    rows = "\n".join(_row(view, state, designs[view]) for view, state in states.items())
    return f"""# {plan.name or "Annotated records under every sample design"}

The same annotated records, written as fine-tuning samples in many ways: one config for each sample design.
`configs.csv` lists the configs with axes, rows, bytes and mean lengths, `rejects.jsonl` what was rejected and why.

```python
from datasets import load_dataset

samples = load_dataset("{name}", "{default}")
```

A config name is `<view>-<format>-<labels>[-cot|-rcot][-ou][-instlast|-noinst][-w2|-w3]`; `<view>-records` are the
annotated records themselves.

| view | task | language | corpus | licence | designs | records by split |
| --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


def _row(view: str, state: dict, chosen: tuple[str, ...]) -> str:
    splits = ", ".join(f"{split} {count:,}" for split, count in _in_order(state["report"]["splits"]))
    said = (f"`{view}`", state["task"], state["language"], state["corpus"], state["licence"], len(chosen), splits)
    return f"| {' | '.join(map(str, said))} |"


def _in_order(splits: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(splits.items(), key=lambda item: ("train", "validation", "test").index(item[0]))


def write_catalogue(out: Path, states: dict, outputs: list[Output]) -> None:
    """Write configs.csv: a line for each config of samples with its axes, splits, rows, bytes and mean characters."""
    by_config: dict[str, list[Output]] = {}
    for output in outputs:
        by_config.setdefault(output.config, []).append(output)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["config", "view", *AXES, "splits", "rows", "bytes", "mean_prompt", "mean_completion"])
    for config, files in sorted(by_config.items()):
        view, _, name = config.partition("-")
        design, rows = find_design(name), sum(file.rows for file in files)
        means = [sum(getattr(f, what) for f in files) / rows for what in ("prompt_characters", "completion_characters")]
        splits = " ".join(split for split, _ in _in_order(states[view]["report"]["splits"]))
        axes = [getattr(design, axis) for axis in AXES]
        weight = sum(file.bytes for file in files)
        table.writerow([config, view, *axes, splits, rows, weight, *(f"{mean:.1f}" for mean in means)])
    write_text(out / "configs.csv", text.getvalue())
