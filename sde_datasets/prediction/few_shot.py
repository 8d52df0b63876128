"""Few-shot prompts: training examples before every prompt, for a model without training on them."""

from __future__ import annotations

from dataclasses import replace

from sde_datasets.errors import UsageError
from sde_datasets.runs.options import TrainingOptions
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import ConfigTemplate, SampleRow, Split

_SEPARATOR = "\n\n"


def few_shot_examples(folder: RunFolder, options: TrainingOptions, count: int) -> list[SampleRow]:
    """Return the first `count` training samples in the order of the run's seed. Raises UsageError."""
    split = Split.open(options.data, options.config, "train", options.revision, folder.bundled)
    if count > len(split):
        raise UsageError(f"--shots {count}: {options.config} has {len(split):,} training samples")
    return split.draw(count, options.seed)


def with_few_shot_examples(
    folder: RunFolder, options: TrainingOptions, template: ConfigTemplate, count: int
) -> ConfigTemplate:
    """Return the template with `count` examples, prompt and completion, before the prompt. Raises UsageError.

    The examples are from the run's config, so the template must be that of the run: answers about other targets would
    not fit to it.
    """
    if folder.read_template() != template:
        raise UsageError(f"--shots are examples of {options.config}: predict on it, or on a config with its prompts")
    examples = (template.prompt(s.text) + s.completion for s in few_shot_examples(folder, options, count))
    return replace(template, prefix="".join(example + _SEPARATOR for example in examples) + template.prefix)
