"""Sentences of the report: what is recommended, how sure that is, and what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sde_datasets.choosing.finish import Finished
from sde_datasets.choosing.trials import Verdict
from sde_datasets.runs.run_folder import RunFolder

# how many names a sentence lists
_NAMES = 5


def conclusions(finished: Finished) -> Iterator[str]:
    """Yield what the race allows to conclude, the recommendation first."""
    race, choice = finished.race, finished.race.choice
    if choice.verdict is Verdict.NOTHING_LEARNED:
        sizes = _joined(f"{size:,}" for size in sorted({r.trial.size for r in race.last.results}))
        yield (
            f"Cannot tell at this size: nearly all scores are at 0 after training on {sizes} samples, so designs are "
            "not ranked and nothing is recommended."
        )
        yield (
            "Cure: more samples per run (a larger budget, more data), more epochs or a higher learning rate "
            "(--train-option), or a larger model."
        )
        return
    yield from _recommendation(finished)
    yield from _sureness(finished)
    yield from _set(finished)
    yield from _crossings(finished)
    yield setting_sentence(finished)


def _recommendation(finished: Finished) -> Iterator[str]:
    race, found, posterior = finished.race, finished.recommendation, finished.race.choice.posterior
    best, size = found.best, race.settings.full_size
    interval = f"{_percent(race.settings.coverage)} interval {posterior.low[best]:.3f} to {posterior.high[best]:.3f}"
    yield (
        f"Recommended: {candidate_words(finished, best)}. Expected {race.runner.score_name} after training on {size:,} "
        f"samples: {posterior.mean[best]:.3f} ({interval})."
    )
    if best != race.choice.best and not found.unmet:
        cheap = race.request.wishes.prefer == "cheap"
        why = "it generates the fewest tokens of the set" if cheap else "of the least share of parsed answers"
        highest = candidate_words(finished, race.choice.best)
        yield f"{highest} has the highest expected score; the other is taken because {why}."
    if found.unmet:
        yield f"A wish is not met: {found.unmet}."


def _sureness(finished: Finished) -> Iterator[str]:
    race, choice, best = finished.race, finished.race.choice, finished.recommendation.best
    near = race.settings.near
    chances = _percent(choice.posterior.chance_best[best]), _percent(choice.posterior.chance_near[best])
    yield (
        f"It is the best of {len(race.candidates):,} designs with a chance of {chances[0]}, and within {near:g} of the "
        f"best with a chance of {chances[1]}."
    )
    own = Counter(r.trial.size for r in race.last.results if r.trial.candidate == best)
    sizes = Counter(r.trial.size for r in race.last.results)
    total = _joined(f"{count} of {size:,} samples" for size, count in sorted(sizes.items()))
    if own:
        rest = _joined(f"{count} of {size:,} samples" for size, count in sorted(own.items()))
        yield f"This rests on {sum(sizes.values())} runs ({total}), of which the recommended design has {rest}."
    else:
        yield f"This rests on {sum(sizes.values())} runs ({total}); the recommended design has none: it is predicted."
    if own and race.settings.full_size not in own:
        yield f"No run of the recommended design has all {race.settings.full_size:,} samples: its score is predicted."
    if race.last.stopped:
        yield f"The budget ended the race in the stage {race.last.name}: this is the best answer so far."


def _set(finished: Finished) -> Iterator[str]:
    race, found, choice = finished.race, finished.recommendation, finished.race.choice
    names = [candidate_words(finished, row) for row in choice.confidence_set]
    coverage = _percent(race.settings.coverage)
    if choice.verdict is Verdict.CANNOT_TELL:
        yield (
            f"Cannot tell which design is best: {len(names):,} of {len(race.candidates):,} designs remain in the "
            f"{coverage} set. A larger budget or more validation samples would tell more."
        )
    elif len(names) == 1:
        yield f"With a probability of {coverage} no other design is better."
    else:
        listed = _joined(names[:_NAMES]) + (f" and {len(names) - _NAMES:,} others" if len(names) > _NAMES else "")
        yield f"{len(names):,} designs hold the best one with a probability of {coverage}: {listed}."
    if len(names) > 1:
        cheapest, shortest = found.answers[found.cheapest], found.answers[found.shortest]
        other = "" if found.cheapest == found.shortest else f" {candidate_words(finished, found.shortest)}"
        yield (
            f"Among these, {candidate_words(finished, found.cheapest)} generates the fewest tokens (about "
            f"{cheapest.generated:.0f} an answer), and{other} has the shortest prompts (about "
            f"{shortest.prompt:.0f} tokens)."
        )


def _crossings(finished: Finished) -> Iterator[str]:
    race = finished.race
    for one in race.choice.crossings:
        earlier, later = candidate_words(finished, one.earlier), candidate_words(finished, one.later)
        yield (
            f"Warning: learning curves cross. {later} overtakes {earlier} at about {one.size:,} samples; with fewer "
            "samples the other one is expected to be better."
        )


def setting_sentence(finished: Finished) -> str:
    """Return at which model, learning rate and number of steps the choice holds."""
    race = finished.race
    full = max((r.trial for r in race.last.results), key=lambda trial: trial.size)
    options = RunFolder(race.runner.plan.place(race.runner.cells(full)[0]).run).options()
    values = options.hyperparameters
    steps = options.steps or -(-full.size * values.epochs // values.batch_size)
    return (
        f"The choice holds for {race.request.model} at a learning rate of {values.learning_rate:g} and with "
        f"{steps:,.0f} steps of {values.batch_size} samples, as a run on {full.size:,} samples has. Designs with "
        "longer answers may need more steps: with another rate or number of steps, choose again."
    )


def limits(finished: Finished) -> Iterator[str]:
    """Yield what the report does not say."""
    race = finished.race
    yield f"Validation samples: {_tested(finished):,}, {race.data.rule}. The test split was not read."
    yield (
        "Intervals cover validation samples, seeds, and what is not known about designs that were not tried. They do "
        "not cover other data, models or training options."
    )
    if unlearned := race.choice.unlearned:
        sizes = _joined(f"{size:,}" for size in sorted({trial.size for trial in unlearned}))
        yield (
            f"{len(unlearned)} runs have not learned the form of their answers (less than "
            f"{_percent(race.settings.learned_parse_rate)} parse; sizes {sizes}). A small one counts with a large "
            "error, not as a bad design."
        )
    if race.last.failed:
        yield f"{len(race.last.failed)} runs have no result; the first: {race.last.failed[0].reason}."


def _tested(finished: Finished) -> int:
    limit, rows = finished.race.runner.plan.limit, finished.race.data.validation_rows
    return min(limit, rows) if limit else rows


def candidate_words(finished: Finished, row: int) -> str:
    """Return the name of a candidate for readers: its design, and its prompt weight unless that is 0."""
    arm = finished.race.arms[row]
    return arm.design.name + (f" with prompt weight {arm.prompt_weight:g}" if arm.prompt_weight else "")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _joined(words: Iterable[str]) -> str:
    listed = list(words)
    return ", ".join(listed[:-1]) + f" and {listed[-1]}" if len(listed) > 1 else listed[0]
