"""The commands `annotate` and `serve`, and answers for services.

pytest tests/prediction/test_annotate_command.py
"""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from sde_datasets.cli.main import main
from sde_datasets.errors import InputError
from sde_datasets.prediction.label_studio import labelling_config, task_of
from sde_datasets.prediction.micro_batches import MicroBatches
from sde_datasets.prediction.predictor import Predictor
from sde_datasets.prediction.serve_commands import serve_commands
from sde_datasets.prediction.text_file import TextFile
from sde_datasets.runs.run_folder import RunFolder
from sde_datasets.tasks.task import get_task

TEXTS = ["The IL-2 gene.", 'p50 binds, "c-fos" too.']


def command(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def write_texts(path: Path) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"text": TEXTS, "n": [1, 2]}), path)
    elif path.suffix == ".csv":
        path.write_text('\ufefftext,n\nThe IL-2 gene.,1\n"p50 binds, ""c-fos"" too.",2\n', "utf-8")
    elif path.suffix == ".txt":
        path.write_text("".join(f"{text}\r\n\n" for text in TEXTS), "utf-8")
    else:
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), "utf-8")
    return path


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".txt"])
def test_texts_are_read_from_each_kind_of_file(tmp_path, suffix):
    texts = list(TextFile(write_texts(tmp_path / f"new{suffix}")))
    assert [text for _, text in texts] == TEXTS and texts[0][0] == "1" and len({id for id, _ in texts}) == 2


def test_columns_can_be_named(tmp_path):
    path = tmp_path / "new.tsv"
    path.write_text("key\tbody\nr1\tThe tuna.\n", "utf-8")
    assert list(TextFile(path, "body", "key")) == [("r1", "The tuna.")]


@pytest.mark.parametrize(
    "name, content, words",
    [
        ("a.csv", b"body\nx\n", "lacks the column 'text'. --text-column names it; it has 'body'"),
        ("a.parquet", b"PAR1", "is not Parquet"),
        ("a.csv", b"text\n\xff\n", "is not UTF-8"),
        ("a.csv", b"id,text\na,x\na,y\n", "a.csv:2: duplicate id 'a'"),
        ("a.txt", b"\n\n", "has no rows"),
    ],
)
def test_invalid_file_is_one_line(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        list(TextFile(tmp_path / name))
    assert words in str(error.value) and len(str(error.value).splitlines()) == 1


def test_command_writes_tasks_of_label_studio(run, tmp_path):
    out = tmp_path / "tasks.json"
    done = command("annotate", run, "--input", write_texts(tmp_path / "new.csv"), "--out", out, "--quiet")
    assert done.exit_code == 0 and done.stdout.strip() == str(out), done.output
    tasks = json.loads(out.read_text("utf-8"))
    assert [task["data"] for task in tasks] == [{"id": "1", "text": TEXTS[0]}, {"id": "2", "text": TEXTS[1]}]
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"tiny"}
    assert len((tmp_path / "tasks.jsonl").read_text("utf-8").splitlines()) == 2
    assert ElementTree.parse(tmp_path / "tasks.xml").getroot().tag == "View"
    done = command(
        "annotate", run, "--input", tmp_path / "new.csv", "--out", tmp_path / "a.jsonl", "--format", "label-studio"
    )
    assert done.exit_code == 2 and "give an --out that ends in .json" in done.stderr


def test_pre_annotations_have_utf_16_offsets_and_joined_pieces():
    text = "😀 IL-2 and p50 genes"
    annotations = [
        {"target": "DNA", "mention": "IL-2", "spans": [[2, 6]]},
        {"target": "DNA", "mention": "IL-2 genes", "spans": [[2, 6], [15, 20]], "scattered": True},
    ]
    task = task_of({"id": "a", "text": text, "annotations": annotations}, "m")
    first, *rest = task["predictions"][0]["result"]
    assert first["value"] == {"start": 3, "end": 7, "text": "IL-2", "labels": ["DNA"]} and first["type"] == "labels"
    assert [each["type"] for each in rest] == ["labels", "labels", "relation"]
    assert (rest[2]["from_id"], rest[2]["to_id"]) == (rest[0]["id"], rest[1]["id"])


def test_labels_are_choices_of_the_labelling_configuration():
    schema = get_task("mabsa").schema(("food quality", "staff & service"))
    config = ElementTree.fromstring(labelling_config(schema))
    found = {"target": "food quality", "label": "positive", "description": "tuna", "evidence": [[4, 8]]}
    task = task_of({"id": "a", "text": "The tuna.", "annotations": [found]}, "m")
    choice, evidence = task["predictions"][0]["result"]
    tags = {tag.get("name"): tag for tag in config if tag.get("name")}
    values = [each.get("value") for each in tags[choice["from_name"]]]
    assert choice["value"]["choices"][0] in values and evidence["from_name"] in tags
    assert [each.get("value") for each in tags["evidence"]] == ["food quality", "staff & service"]


def test_concurrent_requests_are_answered_in_batches():
    batches: list[list[str]] = []

    def answer(texts: list[str]) -> list[dict]:
        batches.append(texts)
        if "bad" in texts:
            raise ValueError("bad")
        return [{"text": text} for text in texts]

    async def ask() -> list:
        service = MicroBatches(answer, 3)
        return await asyncio.gather(*(service.annotate(str(i)) for i in range(20)))

    assert [row["text"] for row in asyncio.run(ask())] == [str(i) for i in range(20)]
    assert sum(map(len, batches)) == 20 and max(map(len, batches)) <= 3
    with pytest.raises(ValueError, match="bad"):
        asyncio.run(MicroBatches(answer, 3).annotate("bad"))


def test_predictor_answers_asynchronously_what_it_answers_at_once(run):
    predictor = Predictor(run)

    async def ask() -> list:
        return await asyncio.gather(*map(predictor.annotate_async, TEXTS))

    assert asyncio.run(ask()) == predictor.annotate(TEXTS)


def test_serve_prints_commands_for_complete_weights(run):
    done = command("serve", run, "--port", "9000", "--text", "It's p50.")
    assert done.exit_code == 0, done.output
    lines = [shlex.split(line) for line in done.stdout.splitlines() if line and not line.startswith("#")]
    vllm, convert, llama, curl, predict = lines
    model = str(RunFolder(run).model)
    assert vllm[:3] == ["vllm", "serve", model] and vllm[-2:] == ["--served-model-name", "tiny"]
    assert convert[1:3] == ["convert_hf_to_gguf.py", model] and llama[0] == "llama-server" and "9000" in llama
    body, info = json.loads(curl[-1]), RunFolder(run).read_info()
    assert curl[1] == "http://localhost:9000/v1/completions" and body["stop_token_ids"] == info.ends
    assert body["prompt"] == RunFolder(run).read_template().prompt("It's p50.")
    assert predict[-4:] == ["--endpoint", "http://localhost:9000/v1", "--endpoint-model", "tiny"]


def test_serve_names_the_adapter_and_its_base(run, tmp_path):
    import shutil

    folder = Path(shutil.copytree(run, tmp_path / "a"))
    options = (folder / "run.toml").read_text("utf-8")
    (folder / "run.toml").write_text(options.replace('model = "tiny"', 'model = "org/base"\nmodel_revision = "abc"'))
    settings = folder / "model/adapter_config.json"
    settings.write_text('{"r": 12}', "utf-8")
    commands = serve_commands(folder, 8000, "x")
    [vllm] = commands.vllm
    assert vllm[2:5] == ["org/base", "--revision", "abc"]
    assert vllm[-5:-1] == ["--enable-lora", "--max-lora-rank", "16", "--lora-modules"]
    assert vllm[-1] == f"a={folder / 'model'}"
    download, _, adapter, server = commands.llama_cpp
    assert download == ["hf", "download", "org/base", "--revision", "abc", "--local-dir", "a-base"]
    assert adapter[2:5] == [str(folder / "model"), "--base", "a-base"] and server[-2:] == ["--lora", "a-adapter.gguf"]
    settings.write_text('{"r": 12, "use_dora": true}', "utf-8")
    commands = serve_commands(folder, 8000, "x")
    assert commands.prepare == [["sde-datasets", "merge", str(folder)]] and commands.vllm[0][2] == str(
        folder / "merged"
    )
