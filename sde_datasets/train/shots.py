"""Few shots: training examples in front of every prompt, for a model that was not trained on them."""

from __future__ import annotations

from dataclasses import replace

from sde_datasets.errors import UsageError
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.options import Options
from sde_datasets.train.samples import Sample, Split, Template

_BETWEEN = "\n\n"


def shots_of(folder: RunFolder, options: Options, count: int) -> list[Sample]:
    """The first `count` training samples of the run's draw, the same for every prompt. Raises UsageError."""
    split = Split.of(options.data, options.config, "train", options.revision, folder.bundled)
    if count > len(split):
        raise UsageError(f"--shots {count}: {options.config} has {len(split):,} training samples")
    return split.chosen(count, options.seed)


def with_shots(folder: RunFolder, options: Options, template: Template, count: int) -> Template:
    """The template with `count` examples, prompt and completion, before the prompt. Raises UsageError.

    The examples are of the run's config; another one's targets would be asked for with answers that do not fit.
    """
    trained = Template.from_dict(folder.read("template"))
    if trained != template:
        raise UsageError(f"--shots are examples of {options.config}: predict on it, or on a config with its prompts")
    examples = (template.prompt(s.text) + s.completion for s in shots_of(folder, options, count))
    return replace(template, prefix="".join(example + _BETWEEN for example in examples) + template.prefix)
