"""Predictions as files, and annotations of new texts.

pytest tests/train/test_predict.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sde_datasets.errors import InputError, UsageError
from sde_datasets.train.folder import RunFolder
from sde_datasets.train.how import How
from sde_datasets.train.predict import Asked, predict, prompt_hash
from sde_datasets.train.predictor import Predictor
from sde_datasets.train.samples import Split
from sde_datasets.train.writer import Answered

CONFIG = "ner-lines-text-noinst"


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def echo(texts, template):
    """Answers as a model would give them, in another order than asked."""
    for id, text in reversed(list(texts)):
        yield id, Answered(f"'protein': '{text[:3]}'", 7, 5, "end")


def test_every_row_says_what_was_asked_and_how_it_ended(run, data, tmp_path, quiet):
    path = predict(run, Asked(out=tmp_path / "a.jsonl"), How(), Predictor(run).answers, {}, quiet)
    split = Split.of(str(data), CONFIG, "test")
    said = rows(path)
    assert [row["id"] for row in said] == [sample.id for sample in split], "the order is not that of the data"
    assert [row["prompt_hash"] for row in said] == [prompt_hash(split.template.prompt(s.text)) for s in split]
    assert {row["stop"] for row in said} <= {"end", "length"} and all(row["prompt_tokens"] > 3 for row in said)
    about = json.loads((tmp_path / "a.about.json").read_text("utf-8"))
    assert about["decoding"] == "greedy" and about["data"]["config"] == CONFIG and about["model"]


def test_the_same_answers_whatever_the_batch(run, tmp_path, quiet):
    found = []
    for batch in (1, 7, 64):
        path = tmp_path / f"{batch}.jsonl"
        predict(run, Asked(out=path, limit=20), How(), Predictor(run, batch=batch).answers, {}, quiet)
        found.append([(row["id"], row["prediction"]) for row in rows(path)])
    assert found[0] == found[1] == found[2]


def test_a_killed_prediction_goes_on_where_it_stopped(run, tmp_path, quiet):
    out, asked = tmp_path / "a.jsonl", []

    def dying(texts, template):
        for number, pair in enumerate(echo(texts, template)):
            if number == 20:
                raise KeyboardInterrupt
            yield pair

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(out=out), How(), dying, {}, quiet)
    assert not out.exists()
    with (tmp_path / "a.jsonl.part").open("ab") as file:
        file.write(b'{"id": "half a r')

    def counting(texts, template):
        texts = list(texts)
        asked.extend(id for id, _ in texts)
        return echo(texts, template)

    assert len(rows(predict(run, Asked(out=out), How(), counting, {}, quiet))) == 60
    assert len(asked) == 40 and not (tmp_path / "a.jsonl.part").exists()
    # and whole answers are not made again
    predict(run, Asked(out=out), How(), counting, {}, quiet)
    assert len(asked) == 40


def test_what_was_begun_in_another_way_is_not_gone_on_from(run, tmp_path, quiet):
    out = tmp_path / "a.jsonl"

    def dying(texts, template):
        yield from [next(echo(texts, template))]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(out=out), How(), dying, {}, quiet)
    with pytest.raises(InputError, match="was begun by another model or in another way"):
        predict(run, Asked(out=out), How(sample=True), echo, {}, quiet)


def test_another_design_cannot_be_asked_by_accident(run, quiet):
    with pytest.raises(UsageError, match="of the design lines-text; the run was trained on lines-text-noinst"):
        predict(run, Asked(config="ner-es"), How(), echo, {}, quiet)
    with pytest.raises(UsageError, match="unknown config"):
        predict(run, Asked(config="ner-lines-text-noins"), How(), echo, {}, quiet)


def test_the_schema_is_that_of_the_config(run, tmp_path, quiet):
    path = predict(run, Asked(config="ed-lines-text-noinst", out=tmp_path / "e.jsonl"), How(), echo, {}, quiet)
    assert len(rows(path)) == 60


def test_new_texts_become_annotations_that_can_be_built_from(run, tmp_path, quiet):
    from sde_datasets.build import build
    from sde_datasets.plan import source_plan

    texts = [{"id": "x", "text": "p50 binds p50."}, {"text": "IL-2 alone"}, {"id": 7, "text": "c-fos"}]
    (tmp_path / "new.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts), "utf-8")
    path = predict(run, Asked(input=tmp_path / "new.jsonl", out=tmp_path / "out.jsonl"), How(), echo, {}, quiet)
    said = rows(path)
    assert [row["id"] for row in said] == ["x", "2", "7"] and [row["text"] for row in said] == [
        r["text"] for r in texts
    ]
    assert said[0]["annotations"] == [
        {"target": "protein", "mention": "p50", "spans": [[0, 3]], "ambiguous": True},
        {"target": "protein", "mention": "p50", "spans": [[10, 13]], "ambiguous": True},
    ]
    assert said[1]["annotations"] == [{"target": "protein", "mention": "IL-", "spans": [[0, 3]]}]
    assert Counter(defect["name"] for defect in said[2]["defects"]) == {"missing_target": 4}
    built = build(source_plan([f"jsonl={path}"], "ner"), tmp_path / "built", workers=1, progress=quiet)
    records = [entry["rows"] for entry in built.manifest["outputs"].values() if entry.get("config") == "ner-records"]
    assert sum(records) == 3


def test_the_predictor_in_a_few_lines(run):
    texts = ["The IL-2 gene is active in T cells.", "白细胞介素", ""]
    said = Predictor(run).annotate(texts)
    assert [row["text"] for row in said] == texts
    assert all({"annotations", "defects", "prediction", "not_in_text", "stop"} <= row.keys() for row in said)


@pytest.mark.parametrize(
    "lines, words",
    [
        ('{"txt": "a"}', "lacks text"),
        ("[1]", "is no JSON object"),
        ('{"id": "a", "text": "a"}\n{"id": "a", "text": "b"}', "the id 'a' stands twice"),
        ("", "has no rows"),
    ],
)
def test_a_file_of_texts_that_is_none_is_refused(run, tmp_path, quiet, lines, words):
    (tmp_path / "new.jsonl").write_text(lines, "utf-8")
    with pytest.raises(InputError, match=words):
        predict(run, Asked(input=tmp_path / "new.jsonl", out=tmp_path / "o.jsonl"), How(), echo, {}, quiet)


def test_prompts_of_another_build_are_refused(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    folder = RunFolder(copy)
    folder.write("template", folder.read("template") | {"suffix": "\nAnswer:\n"})
    with pytest.raises(InputError, match="has other prompts than the run was trained on"):
        predict(copy, Asked(), How(), echo, {}, quiet)


def test_a_prompt_that_does_not_fit_is_answered_with_nothing_and_counted(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    folder = RunFolder(copy)
    about = folder.read("about")
    context = about["longest_completion"] + 20
    folder.write("about", about | {"context": context})
    said = rows(predict(copy, Asked(limit=10), How(), Predictor(copy).answers, {}, quiet))
    assert all(row.get("cut", 0) > 0 and row["prompt_tokens"] <= 20 for row in said)
    assert all(row["prompt_tokens"] + row["tokens"] <= context for row in said)
    folder.write("about", about | {"context": about["longest_completion"] + 1})
    said = rows(predict(copy, Asked(limit=10, out=copy / "b.jsonl"), How(), Predictor(copy).answers, {}, quiet))
    assert {row["stop"] for row in said} == {"too long"} and {row["prediction"] for row in said} == {""}
