"""Predictions as files, and annotations of new texts.

pytest tests/train/test_predict.py
"""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
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


def dying(texts, template):
    """Answers one text, and then its process is stopped."""
    yield next(echo(texts, template))
    raise KeyboardInterrupt


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

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(out=out), How(), dying, {}, quiet)
    with pytest.raises(InputError, match="was begun by another model or in another way"):
        predict(run, Asked(out=out), How(sample=True), echo, {}, quiet)


def test_answers_that_stand_keep_saying_how_they_were_made(run, tmp_path, quiet):
    """Until others, made in another way, are whole and take their place."""
    out, about = tmp_path / "a.jsonl", tmp_path / "a.about.json"
    predict(run, Asked(out=out), How(), echo, {}, quiet)
    greedy, said = out.read_bytes(), about.read_bytes()

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(out=out), How(sample=True), dying, {}, quiet)
    assert out.read_bytes() == greedy and about.read_bytes() == said
    predict(run, Asked(out=out), How(sample=True), echo, {}, quiet)
    assert json.loads(about.read_text("utf-8"))["decoding"] == "sampled"
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "a.about.json"}


@pytest.mark.parametrize("step", ["unlink", "replace", "last"])
def test_a_process_that_is_killed_while_it_puts_answers_in_place_loses_nothing(run, tmp_path, quiet, monkeypatch, step):
    out, about = tmp_path / "a.jsonl", tmp_path / "a.about.json"

    def killed(path: Path, *rest, **how):
        # at the old description, at the answers, and at the part, which goes last
        names = {"unlink": "a.about.json", "replace": "a.jsonl.whole", "last": "a.jsonl.part"}
        if path.name == names[step]:
            raise KeyboardInterrupt
        return inner(path, *rest, **how)

    predict(run, Asked(out=out), How(), echo, {}, quiet)
    greedy = rows(out)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        name = "replace" if step == "replace" else "unlink"
        inner = getattr(Path, name)
        patch.setattr(Path, name, killed)
        predict(run, Asked(out=out), How(sample=True), echo, {}, quiet)

    def never(texts, template):
        assert not list(texts), "asked again"
        return iter(())

    predict(run, Asked(out=out), How(sample=True), never, {}, quiet)
    assert rows(out) == greedy and json.loads(about.read_text("utf-8"))["decoding"] == "sampled"
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl", "a.about.json"}


def test_two_processes_do_not_write_the_same_answers(run, tmp_path, quiet):
    from sde_datasets.train.answers_out import AnswersOut

    out = tmp_path / "a.jsonl"
    with AnswersOut(out, {}), pytest.raises(InputError, match="is being written by another process"):
        predict(run, Asked(out=out), How(), echo, {}, quiet)


def test_a_file_of_somebody_else_is_left_alone(run, tmp_path, quiet):
    file = tmp_path / "mine.jsonl"
    file.write_text('{"text": "a", "label": "keep me"}\n', "utf-8")
    with pytest.raises(UsageError, match="--out is --input"):
        predict(run, Asked(input=file, out=tmp_path / "x/../mine.jsonl"), How(), echo, {}, quiet)
    with pytest.raises(InputError, match=r"exists and holds no answers of ours\. Give another --out"):
        predict(run, Asked(out=file), How(), echo, {}, quiet)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.jsonl"], "something is left beside it"
    assert "keep me" in file.read_text("utf-8")


def test_a_part_that_is_broken_is_named(run, tmp_path, quiet):
    out = tmp_path / "a.jsonl"

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(out=out), How(), dying, {}, quiet)
    with (tmp_path / "a.jsonl.part").open("ab") as file:
        file.write(b"7\n")
    with pytest.raises(InputError, match=r"a.jsonl.part:2: is no row of answers"):
        predict(run, Asked(out=out), How(), echo, {}, quiet)


@pytest.mark.parametrize("name", ["folder", "file/a.jsonl"])
def test_an_out_that_cannot_be_written_is_told_before_anything_is_answered(run, tmp_path, quiet, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", "utf-8")

    def never(texts, template):
        raise AssertionError("answered")

    with pytest.raises(InputError, match="Give another --out"):
        predict(run, Asked(out=tmp_path / name), How(), never, {}, quiet)


def test_a_killed_annotation_of_new_texts_goes_on_where_it_stopped(run, tmp_path, quiet):
    texts = tmp_path / "new.jsonl"
    texts.write_text("".join(json.dumps({"text": f"p{i} binds"}) + "\n" for i in range(30)), "utf-8")
    out, seen = tmp_path / "out.jsonl", []

    def counted(end):
        def answers(pairs, template):
            for number, (id, text) in enumerate(pairs):
                if number == end:
                    raise KeyboardInterrupt
                seen.append(id)
                yield id, Answered(f"'protein': '{text[:3]}'", 7, 5, "end")

        return answers

    with pytest.raises(KeyboardInterrupt):
        predict(run, Asked(input=texts, out=out), How(), counted(12), {}, quiet)
    said = rows(predict(run, Asked(input=texts, out=out), How(), counted(99), {}, quiet))
    assert seen == [str(i) for i in range(1, 31)] == [row["id"] for row in said]
    assert all(row["prompt_hash"] and row["tokens"] == 5 and row["text"].endswith("binds") for row in said)


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
        ('{"text": "\\ud800"}', "holds half of a surrogate pair"),
        ("{", 'is no JSON .*Give one JSON object a line: {"text"'),
    ],
)
def test_a_file_of_texts_that_is_none_is_refused(run, tmp_path, quiet, lines, words):
    (tmp_path / "new.jsonl").write_text(lines, "utf-8")
    with pytest.raises(InputError, match=words):
        predict(run, Asked(input=tmp_path / "new.jsonl", out=tmp_path / "o.jsonl"), How(), echo, {}, quiet)


def test_a_file_of_texts_that_is_not_there(run, tmp_path, quiet):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            predict(run, Asked(input=path, out=tmp_path / "o.jsonl"), How(), echo, {}, quiet)


def test_a_run_folder_whose_files_lack_something(run, tmp_path, quiet):
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    (copy / "template.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"template\.json: lacks design"):
        predict(copy, Asked(), How(), echo, {}, quiet)


def test_a_device_that_is_not_there(run):
    with pytest.raises(UsageError, match="--device nowhere: "):
        Predictor(run, device="nowhere")


def test_the_table_shows_those_that_were_asked_and_what_differs(run, tmp_path, quiet):
    from rich.console import Console

    from sde_datasets.train.beside import beside_table

    asked = Asked(limit=3, out=tmp_path / "a.jsonl")
    path = predict(run, asked, How(), echo, {}, quiet)
    console = Console(width=160, record=True, force_terminal=True, file=StringIO())
    console.print(beside_table(run, asked, path))
    said = console.export_text(styles=True)
    answers = [row["prediction"] for row in rows(path)]
    assert len(answers) == 3 and all(f"\x1b[31m{answer}" in said for answer in answers)


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
