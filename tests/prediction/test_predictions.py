"""Predictions as files, and annotations of new texts.

pytest tests/prediction/test_predictions.py
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.prediction.completion import Backend, Completion
from sde_datasets.prediction.options import GenerationOptions
from sde_datasets.prediction.predictions import PredictionRequest, predict, prompt_hash
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.runs.samples import Split

CONFIG = "ner-lines-text-noinst"


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def echo(texts, template):
    """Answers as a model would give them, in another order than asked."""
    for id, text in reversed(list(texts)):
        yield id, Completion(f"'protein': '{text[:3]}'", 7, 5, "end")


def answer(run: Path, generate, quiet, options: GenerationOptions | None = None, **request) -> Path:
    return predict(run, PredictionRequest(**request), options or GenerationOptions(), Backend(generate), quiet)


def dying(texts, template):
    """Answers one text, and then its process is stopped."""
    yield next(echo(texts, template))
    raise KeyboardInterrupt


@pytest.mark.slow
def test_every_row_has_prompt_hash_and_stop_reason(run, data, tmp_path, quiet):
    path = answer(run, Predictor(run).generate, quiet, out=tmp_path / "a.jsonl")
    split = Split.open(str(data), CONFIG, "test")
    written = rows(path)
    assert [row["id"] for row in written] == [sample.id for sample in split], "the order is not that of the data"
    assert [row["prompt_hash"] for row in written] == [prompt_hash(split.template.prompt(s.text)) for s in split]
    assert {row["stop"] for row in written} <= {"end", "length"} and all(row["prompt_tokens"] > 3 for row in written)
    about = json.loads((tmp_path / "a.about.json").read_text("utf-8"))
    assert about["decoding"] == "greedy" and about["data"]["config"] == CONFIG and about["model"]


@pytest.mark.slow
def test_answers_do_not_depend_on_the_batch_size(run, tmp_path, quiet):
    found = []
    for batch in (1, 7, 64):
        path = tmp_path / f"{batch}.jsonl"
        answer(run, Predictor(run, batch=batch).generate, quiet, out=path, limit=20)
        found.append([(row["id"], row["prediction"]) for row in rows(path)])
    assert found[0] == found[1] == found[2]


def test_killed_prediction_continues_where_it_stopped(run, tmp_path, quiet):
    out, asked = tmp_path / "a.jsonl", []

    def dying(texts, template):
        for number, pair in enumerate(echo(texts, template)):
            if number == 20:
                raise KeyboardInterrupt
            yield pair

    with pytest.raises(KeyboardInterrupt):
        answer(run, dying, quiet, out=out)
    assert not out.exists()
    with (tmp_path / "a.jsonl.part").open("ab") as file:
        file.write(b'{"id": "half a r')

    def counting(texts, template):
        texts = list(texts)
        asked.extend(id for id, _ in texts)
        return echo(texts, template)

    assert len(rows(answer(run, counting, quiet, out=out))) == 60
    assert len(asked) == 40 and not (tmp_path / "a.jsonl.part").exists()
    # and whole answers are not made again
    answer(run, counting, quiet, out=out)
    assert len(asked) == 40


def test_partial_file_with_other_options_is_not_continued(run, tmp_path, quiet):
    out = tmp_path / "a.jsonl"

    with pytest.raises(KeyboardInterrupt):
        answer(run, dying, quiet, out=out)
    with pytest.raises(InputError, match="was started with another model or other options"):
        answer(run, echo, quiet, GenerationOptions(sample=True), out=out)


def test_old_answers_keep_their_provenance_until_new_ones_are_complete(run, tmp_path, quiet):
    """Until others, made in another way, are whole and take their place."""
    out, about = tmp_path / "a.jsonl", tmp_path / "a.about.json"
    answer(run, echo, quiet, out=out)
    greedy, provenance = out.read_bytes(), about.read_bytes()

    with pytest.raises(KeyboardInterrupt):
        answer(run, dying, quiet, GenerationOptions(sample=True), out=out)
    assert out.read_bytes() == greedy and about.read_bytes() == provenance
    answer(run, echo, quiet, GenerationOptions(sample=True), out=out)
    assert json.loads(about.read_text("utf-8"))["decoding"] == "sampled"
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "a.about.json"}


@pytest.mark.parametrize("step", ["unlink", "replace", "last"])
def test_process_killed_during_commit_loses_nothing(run, tmp_path, quiet, monkeypatch, step):
    out, about = tmp_path / "a.jsonl", tmp_path / "a.about.json"

    def killed(path: Path, *rest, **how):
        # at the old description, at the answers, and at the part, which goes last
        names = {"unlink": "a.about.json", "replace": "a.jsonl.whole", "last": "a.jsonl.part"}
        if path.name == names[step]:
            raise KeyboardInterrupt
        return inner(path, *rest, **how)

    answer(run, echo, quiet, out=out)
    greedy = rows(out)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        name = "replace" if step == "replace" else "unlink"
        inner = getattr(Path, name)
        patch.setattr(Path, name, killed)
        answer(run, echo, quiet, GenerationOptions(sample=True), out=out)

    def never(texts, template):
        assert not list(texts), "asked again"
        return iter(())

    answer(run, never, quiet, GenerationOptions(sample=True), out=out)
    assert rows(out) == greedy and json.loads(about.read_text("utf-8"))["decoding"] == "sampled"
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "a.about.json"}


def test_two_processes_cannot_write_the_same_file(run, tmp_path, quiet):
    from sde_datasets.prediction.prediction_file import Provenance, ResumableWriter

    out = tmp_path / "a.jsonl"
    other = ResumableWriter(out, Provenance(GenerationOptions(), {}))
    with other, pytest.raises(InputError, match="is being written by another process"):
        answer(run, echo, quiet, out=out)


def test_foreign_file_is_not_overwritten(run, tmp_path, quiet):
    file = tmp_path / "mine.jsonl"
    file.write_text('{"text": "a", "label": "keep me"}\n', "utf-8")
    with pytest.raises(UsageError, match="--out is the file of --input"):
        answer(run, echo, quiet, input=file, out=tmp_path / "x/../mine.jsonl")
    with pytest.raises(InputError, match=r"exists and is not a prediction file\. Give another --out"):
        answer(run, echo, quiet, out=file)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"], "something is left beside it"
    assert "keep me" in file.read_text("utf-8")


def test_broken_partial_file_is_reported(run, tmp_path, quiet):
    out = tmp_path / "a.jsonl"

    with pytest.raises(KeyboardInterrupt):
        answer(run, dying, quiet, out=out)
    with (tmp_path / "a.jsonl.part").open("ab") as file:
        file.write(b"7\n")
    with pytest.raises(InputError, match=r"a.jsonl.part:2: is not a row of answers"):
        answer(run, echo, quiet, out=out)


@pytest.mark.parametrize("name", ["folder", "file/a.jsonl"])
def test_unwritable_out_is_reported_before_the_first_answer(run, tmp_path, quiet, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")

    def never(texts, template):
        raise AssertionError("answered")

    with pytest.raises(InputError, match="Give another --out"):
        answer(run, never, quiet, out=tmp_path / name)


def test_killed_annotation_of_new_texts_continues_where_it_stopped(run, tmp_path, quiet):
    texts = tmp_path / "new.jsonl"
    texts.write_text("".join(json.dumps({"text": f"p{i} binds"}) + "\n" for i in range(30)), "utf-8")
    out, seen = tmp_path / "out.jsonl", []

    def counted(end):
        def answers(pairs, template):
            for number, (id, text) in enumerate(pairs):
                if number == end:
                    raise KeyboardInterrupt
                seen.append(id)
                yield id, Completion(f"'protein': '{text[:3]}'", 7, 5, "end")

        return answers

    with pytest.raises(KeyboardInterrupt):
        answer(run, counted(12), quiet, input=texts, out=out)
    written = rows(answer(run, counted(99), quiet, input=texts, out=out))
    assert seen == [str(i) for i in range(1, 31)] == [row["id"] for row in written]
    assert all(row["prompt_hash"] and row["tokens"] == 5 and row["text"].endswith("binds") for row in written)


def test_config_with_another_design_is_refused(run, quiet):
    with pytest.raises(UsageError, match="has the design lines-text; the run was trained on lines-text-noinst"):
        answer(run, echo, quiet, config="ner-es")
    with pytest.raises(UsageError, match="unknown config"):
        answer(run, echo, quiet, config="ner-lines-text-noins")


def test_config_with_another_schema_is_answered(run, tmp_path, quiet):
    path = answer(run, echo, quiet, config="ed-lines-text-noinst", out=tmp_path / "e.jsonl")
    assert len(rows(path)) == 60


def test_annotated_new_texts_can_be_built_into_a_dataset(run, tmp_path, quiet):
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan

    texts = [{"id": "x", "text": "p50 binds p50."}, {"text": "IL-2 alone"}, {"id": 7, "text": "c-fos"}]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts), "utf-8")
    path = answer(run, echo, quiet, input=tmp_path / "new.jsonl", out=tmp_path / "out.jsonl")
    written = rows(path)
    assert [row["id"] for row in written] == ["x", "2", "7"] and [row["text"] for row in written] == [
        r["text"] for r in texts
    ]
    assert written[0]["annotations"] == [
        {"target": "protein", "mention": "p50", "spans": [[0, 3]], "ambiguous": True},
        {"target": "protein", "mention": "p50", "spans": [[10, 13]], "ambiguous": True},
    ]
    assert written[1]["annotations"] == [{"target": "protein", "mention": "IL-", "spans": [[0, 3]]}]
    assert Counter(defect["name"] for defect in written[2]["defects"]) == {"missing_target": 4}
    built = build(source_plan([f"jsonl={path}"], "ner"), tmp_path / "built", workers=1, progress=quiet)
    records = built.manifest.split_rows("ner-records")
    assert sum(records.values()) == 3


def test_folder_with_only_a_test_split_is_answered_but_not_trained_on(run, models, tmp_path, quiet):
    from sde_datasets.building.pipeline import build
    from sde_datasets.ingest.source_plan import source_plan
    from sde_datasets.runs.options import TrainingOptions
    from sde_datasets.training.loop import train

    annotations = [{"target": "protein", "mention": "p50"}]
    texts = [
        {"id": str(n), "text": f"p50 binds IL-{n}.", "split": "test", "annotations": annotations} for n in range(3)
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts), "utf-8")
    own = str(tmp_path / "own")
    build(source_plan([f"jsonl={tmp_path / 'own.jsonl'}"], "ner", designs=("*-noinst",)), Path(own), 1, progress=quiet)
    path = answer(run, Predictor(run).generate, quiet, data=own, out=tmp_path / "a.jsonl")
    assert [row["id"] for row in rows(path)] == ["0", "1", "2"]
    options = TrainingOptions(config=CONFIG, data=own, model=str(models / "llama"), out=str(tmp_path / "run"))
    with pytest.raises(InputError, match="has no training split, so there is nothing to train on; it has test"):
        train(options, progress=quiet)


def test_predictor_annotates_texts(run):
    texts = ["The IL-2 gene is active in T cells.", "白细胞介素", ""]
    annotated = Predictor(run).annotate(texts)
    assert [row["text"] for row in annotated] == texts
    assert all({"annotations", "defects", "prediction", "not_in_text", "stop"} <= row.keys() for row in annotated)


@pytest.mark.parametrize(
    "lines, words",
    [
        ('{"txt": "a"}', "lacks text"),
        ("[1]", "is not a JSON object"),
        ('{"id": "a", "text": "a"}\n{"id": "a", "text": "b"}', "duplicate id 'a'"),
        ("", "has no rows"),
        ('{"text": "\\ud800"}', "contains a lone surrogate"),
        ("{", 'is not JSON .*Give one JSON object per line: {"text"'),
    ],
)
def test_invalid_file_of_texts_is_refused(run, tmp_path, quiet, lines, words):
    (tmp_path / "new.jsonl").write_text(lines, "utf-8")
    with pytest.raises(InputError, match=words):
        answer(run, echo, quiet, input=tmp_path / "new.jsonl", out=tmp_path / "o.jsonl")


def test_missing_file_of_texts_is_reported(run, tmp_path, quiet):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            answer(run, echo, quiet, input=path, out=tmp_path / "o.jsonl")


def test_run_folder_with_an_incomplete_file_is_reported(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    (copy / "template.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"template\.json: lacks design"):
        answer(copy, echo, quiet)
    (copy / "template.json").write_text('{"design": "verse"}', "utf-8")
    with pytest.raises(InputError, match=r"template\.json: cannot be read \(unknown design 'verse'\)"):
        answer(copy, echo, quiet)


def test_unknown_device_is_refused(run):
    with pytest.raises(UsageError, match="--device nowhere: "):
        Predictor(run, device="nowhere")


def test_table_shows_requested_samples_and_differences(run, tmp_path, quiet):
    from rich.console import Console

    from sde_datasets.prediction.preview import prediction_table

    asked = PredictionRequest(limit=3, out=tmp_path / "a.jsonl")
    path = predict(run, asked, GenerationOptions(), Backend(echo), quiet)
    console = Console(width=160, record=True, force_terminal=True, file=StringIO())
    console.print(prediction_table(run, asked, path))
    shown = console.export_text(styles=True)
    answers = [row["prediction"] for row in rows(path)]
    assert len(answers) == 3 and all(f"\x1b[31m{answer}" in shown for answer in answers)


def test_config_with_other_prompts_is_refused(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    folder = RunFolder(copy)
    folder.write_template(replace(folder.read_template(), suffix="\nAnswer:\n"))
    with pytest.raises(InputError, match="has other prompts than the run was trained on"):
        answer(copy, echo, quiet)


def test_prompt_that_does_not_fit_has_an_empty_answer_and_is_counted(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    folder = RunFolder(copy)
    about = folder.read_info()
    context = about.longest_completion + 20
    folder.write_info(replace(about, context=context))
    written = rows(answer(copy, Predictor(copy).generate, quiet, limit=10))
    assert all(row.get("cut", 0) > 0 and row["prompt_tokens"] <= 20 for row in written)
    assert all(row["prompt_tokens"] + row["tokens"] <= context for row in written)
    folder.write_info(replace(about, context=about.longest_completion + 1))
    written = rows(answer(copy, Predictor(copy).generate, quiet, limit=10, out=copy / "b.jsonl"))
    assert {row["stop"] for row in written} == {"too long"} and {row["prediction"] for row in written} == {""}
