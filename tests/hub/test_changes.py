"""What a push sends and removes, for any local folder on top of any repository: earlier pushes in either layout, pushes
that were interrupted, files of others, and files of ours that somebody changed.

pytest tests/hub/test_changes.py
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sde_datasets.dataset.corpus_facts import CorpusFacts
from sde_datasets.dataset.manifest import NAME, FileEntry, Manifest
from sde_datasets.dataset.report import Report
from sde_datasets.dataset.view_state import RecordShard, ViewState
from sde_datasets.hub.diff import Changes, UploadFile, compare_files, config_folders, remote_path, upload_files
from sde_datasets.hub.snapshot import EarlierPush, RemoteFile, Snapshot, git_oid
from sde_datasets.hub.upload_plan import relocated
from sde_datasets.tasks.task import get_task
from tests.properties import examples

Tree = dict[str, bytes]
ATTRIBUTES = ".gitattributes"
# few contents and few names, so that much is the same here and there
CONTENTS = st.sampled_from([b"a", b"bb", b"ccc"])
CONFIGS = ("v-records", "v-es", "w-lines-text")
FOREIGN = (
    "notes.txt",
    "data/v-es/notes.txt",
    "data/v-es/0123456789ab/train.parquet",
    "data/theirs/train.parquet",
    "x.png",
)
NO_LIMIT = 10_000
SCHEMA = get_task("ner", Path()).schema(("DNA",), "en", "test")


@dataclass(frozen=True)
class Local:
    """A built folder: config -> split -> the contents of its shards, and the files that belong to no config."""

    configs: dict[str, dict[str, list[bytes]]]
    beside: dict[str, bytes]

    @property
    def files(self) -> dict[str, tuple[bytes, FileEntry]]:
        """Each file by its path: its content, and its entry in the manifest."""
        found = {path: (content, entry_of(content)) for path, content in self.beside.items()}
        for config, splits in self.configs.items():
            for split, shards in splits.items():
                for number, content in enumerate(shards):
                    path = f"data/{config}/{split}-{number:05d}-of-{len(shards):05d}.parquet"
                    found[path] = content, entry_of(content, config, split, 1)
        return found

    @property
    def manifest(self) -> Manifest:
        """The manifest, with one view whose records are those of the first config."""
        outputs = {path: entry for path, (_, entry) in self.files.items()}
        records: dict[str, tuple[RecordShard, ...]] = {}
        for path, entry in outputs.items():
            if entry.config == CONFIGS[0]:
                shard = RecordShard(path, 1, entry.size, entry.sha256)
                records[entry.split] = (*records.get(entry.split, ()), shard)
        view = ViewState(
            "jsonl", "ner", "en", SCHEMA, "", "", (), {}, Report(), records, CorpusFacts(), {}, (), {}, ("es",)
        )
        return Manifest("", "", False, {"v": view}, outputs, "", "")

    def write(self, folder: Path) -> None:
        """Write the files into a folder."""
        for path, (content, _) in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)


def entry_of(content: bytes, config: str = "", split: str = "", rows: int = 0) -> FileEntry:
    return FileEntry(len(content), sha256(content).hexdigest(), config, split, rows)


def remote_of(tree: Tree) -> Snapshot:
    """The repository that holds this tree: of large files it knows the sha256, of others the id of git."""
    files = {
        path: RemoteFile(len(content), "0" * 40, sha256(content).hexdigest())
        if path.endswith((".parquet", ".png"))
        else RemoteFile(len(content), git_oid(content))
        for path, content in tree.items()
    }
    return Snapshot("head", True, False, files, EarlierPush(outputs_in(tree)) if NAME in tree else None)


def outputs_in(tree: Tree) -> dict[str, FileEntry]:
    """The files that the manifest of a repository lists."""
    return Manifest.from_dict(json.loads(tree[NAME])).outputs if NAME in tree else {}


@dataclass(frozen=True)
class Made:
    """What a push of a folder makes of a tree: the changes, the contents that they send, and the new manifest."""

    changes: Changes
    sent: Tree
    manifest: Manifest
    folders: dict[str, str]


def made(local: Local, tree: Tree, one_commit: int) -> Made:
    """Compare a folder with a tree as a push does. The manifest stands for the card, too."""
    remote, manifest = remote_of(tree), local.manifest
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        local.write(folder)
        folders = config_folders(manifest, folder, remote, one_commit)
        published = relocated(manifest, folders)
        text = published.to_json().encode()
        items = [*upload_files(manifest, folder, folders), UploadFile(NAME, text, len(text), sha256(text).hexdigest())]
        changes = compare_files(items, remote)
        return Made(changes, contents(changes.send), published, folders)


def contents(items: Iterable[UploadFile]) -> Tree:
    return {i.path: i.content if isinstance(i.content, bytes) else i.content.read_bytes() for i in items}


def applied(tree: Tree, made: Made) -> Tree:
    """The tree after the last commit."""
    return {path: content for path, content in tree.items() if path not in made.changes.remove} | made.sent


def begun(tree: Tree, made: Made, count: int) -> Tree:
    """The tree after so many of the files that are sent before the last commit."""
    return tree | {item.path: made.sent[item.path] for item in made.changes.early[:count]}


locals_ = st.builds(
    Local,
    st.dictionaries(
        st.sampled_from(CONFIGS),
        st.dictionaries(st.sampled_from(["train", "test"]), st.lists(CONTENTS, min_size=1, max_size=2), min_size=1),
    ),
    st.dictionaries(st.sampled_from(["configs.csv", "NOTICE.md", "assets/v.png"]), CONTENTS),
)
limits = st.sampled_from([1, 2, 4, 6, 8, 12, NO_LIMIT])
foreign = st.dictionaries(st.sampled_from(FOREIGN), CONTENTS)


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A repository: after some pushes, whole or interrupted, with files of others and changes by others in ours."""
    tree: Tree = {ATTRIBUTES: b"*.parquet filter=lfs\n"} | draw(foreign)
    for _ in range(draw(st.sampled_from([1, 2, 2, 3, 0]))):
        step, whole = made(draw(locals_), tree, draw(limits)), draw(st.sampled_from([True, True, False]))
        tree = applied(tree, step) if whole else begun(tree, step, draw(st.integers(0, len(step.changes.early))))
    ours = sorted(set(outputs_in(tree)) & set(tree))
    for path in draw(st.lists(st.sampled_from(ours), max_size=2, unique=True)) if ours else []:
        content = draw(st.none() | CONTENTS)
        tree = {p: c for p, c in tree.items() if p != path} | ({path: content} if content else {})
    event(f"pushed before: {NAME in tree}")
    return tree


anything = given(local=locals_, tree=trees(), limit=limits)
few = settings(max_examples=examples(80))


@few
@anything
def test_every_file_of_the_manifest_is_there_with_the_content_that_was_built(local, tree, limit):
    step = made(local, tree, limit)
    after = applied(tree, step)
    for path, (content, entry) in local.files.items():
        place = remote_path(path, entry, step.folders)
        assert after[place] == content and step.manifest.outputs[place] == local.manifest.outputs[path]
    assert len(step.manifest.outputs) == len(local.files)


@few
@anything
def test_manifest_names_the_records_where_they_are(local, tree, limit):
    manifest = made(local, tree, limit).manifest
    named = {shard.path for _, shard in manifest.views["v"].shards()}
    assert named == {path for path, entry in manifest.outputs.items() if entry.config == CONFIGS[0]}


@few
@anything
def test_files_of_a_config_are_in_one_folder_of_its_own(local, tree, limit):
    folders: dict[str, set[Path]] = {}
    for path, entry in made(local, tree, limit).manifest.outputs.items():
        if entry.config:
            folders.setdefault(entry.config, set()).add(Path(path).parent)
    for config, found in folders.items():
        assert len(found) == 1 and found.pop().parts[:2] == ("data", config)


@few
@anything
def test_nothing_of_ours_is_left_that_the_new_manifest_does_not_list(local, tree, limit):
    """Neither what the earlier manifest listed nor what interrupted pushes left."""
    step = made(local, tree, limit)
    kept = {path for path in applied(tree, step) if path not in step.manifest.outputs}
    assert kept <= {*FOREIGN, ATTRIBUTES, NAME}


@few
@anything
def test_files_of_others_are_untouched(local, tree, limit):
    after = applied(tree, made(local, tree, limit))
    for path in (*FOREIGN, ATTRIBUTES):
        assert after.get(path) == tree.get(path)


@few
@anything
def test_what_is_there_is_not_sent(local, tree, limit):
    sent = made(local, tree, limit).sent
    assert not {path for path, content in sent.items() if tree.get(path) == content}


@few
@anything
def test_config_that_is_whole_in_the_repository_is_not_sent(local, tree, limit):
    """Wherever an earlier push put it, and whatever the limit is now."""
    there: dict[str, dict[str, bytes]] = {config: {} for config in CONFIGS}
    for path, entry in outputs_in(tree).items():
        if entry.config and path in tree and sha256(tree[path]).hexdigest() == entry.sha256:
            there[entry.config][Path(path).name] = tree[path]
    wanted: dict[str, dict[str, bytes]] = {}
    for path, (content, entry) in local.files.items():
        if entry.config:
            wanted.setdefault(entry.config, {})[Path(path).name] = content
    whole = {config for config, files in wanted.items() if files.items() <= there[config].items()}
    assert not [path for path in made(local, tree, limit).sent if path.split("/")[1:2] and path.split("/")[1] in whole]


@few
@given(local=locals_, tree=trees(), limit=limits, later=limits)
def test_same_push_again_changes_nothing(local, tree, limit, later):
    after = applied(tree, made(local, tree, limit))
    again = made(local, after, later).changes
    assert not again, again
    assert again.unchanged == len(local.files) + 1


@few
@anything
def test_before_the_last_commit_everything_stays_as_it_is(local, tree, limit):
    step = made(local, tree, limit)
    halfway = begun(tree, step, len(step.changes.early))
    event(f"several commits: {bool(step.changes.early)}")
    assert {path: halfway[path] for path in tree} == tree
    assert set(halfway) - set(tree) == {item.path for item in step.changes.early}


@few
@given(local=locals_, tree=trees(), limit=limits, data=st.data())
def test_interrupted_push_ends_as_an_undisturbed_one_and_sends_the_rest(local, tree, limit, data):
    step = made(local, tree, limit)
    count = data.draw(st.integers(0, len(step.changes.early)))
    halfway = begun(tree, step, count)
    rest = made(local, halfway, limit)
    assert applied(halfway, rest) == applied(tree, step)
    assert rest.sent.keys() == step.sent.keys() - {item.path for item in step.changes.early[:count]}


@few
@anything
def test_new_folders_exactly_where_one_commit_does_not_take_all(local, tree, limit):
    together = made(local, tree, NO_LIMIT).changes
    # card and manifest come on top
    count = len([item for item in together.send if item.path != NAME]) + len(together.remove) + 2
    sent = [path for path in made(local, tree, limit).sent if path.endswith(".parquet")]
    assert {len(Path(path).parts) == 4 for path in sent} <= {count > limit}


@few
@anything
def test_figures_are_those_of_the_changes(local, tree, limit):
    step = made(local, tree, limit)
    changes, after = step.changes, applied(tree, step)
    assert {item.path for item in changes.add} == step.sent.keys() - tree.keys()
    assert {item.path for item in changes.replace} == step.sent.keys() & tree.keys()
    assert changes.remove == {path: len(content) for path, content in tree.items() if path not in after}
    assert changes.unchanged + len(changes.send) == len(local.files) + 1
    assert changes.unchanged_bytes + sum(map(len, step.sent.values())) == sum(
        len(after[path]) for path in [*step.manifest.outputs, NAME]
    )


# the layout of many files, said with examples

SHARDS = {"train": [b"a", b"bb"], "test": [b"ccc"]}


@pytest.fixture
def moved() -> tuple[Local, Tree]:
    """A folder that was pushed in the layout of many files, and the repository."""
    local = Local({"v-es": SHARDS, "v-records": {"train": [b"a"]}}, {"configs.csv": b"a"})
    return local, applied({}, made(local, {}, 1))


def test_layout_of_many_files_has_a_folder_for_each_content(moved):
    parents = {str(Path(path).parent) for path in moved[1] if path.endswith(".parquet")}
    assert sorted(len(Path(parent).name) for parent in parents) == [12, 12]
    assert {str(Path(parent).parent) for parent in parents} == {"data/v-es", "data/v-records"}


def test_files_of_no_config_and_the_manifest_come_with_the_last_commit():
    local = Local({"v-es": SHARDS}, {"configs.csv": b"a", "assets/v.png": b"bb"})
    step = made(local, {}, 1)
    early = {item.path for item in step.changes.early}
    assert step.sent.keys() - early == {"configs.csv", "assets/v.png", NAME}


def test_config_that_did_not_change_stays_in_its_folder_when_one_commit_is_enough(moved):
    local, tree = moved
    other = Local({**local.configs, "v-records": {"train": [b"dddd"]}}, local.beside)
    step = made(other, tree, NO_LIMIT)
    assert step.sent.keys() == {"data/v-records/train-00000-of-00001.parquet", NAME}
    assert list(step.folders) == ["v-es"]


def test_large_file_is_known_by_its_hash_and_another_by_its_id_of_git(tmp_path):
    content = b"text"
    (tmp_path / "file").write_bytes(content)
    digest = sha256(content).hexdigest()
    for same in (content, tmp_path / "file"):
        assert RemoteFile(4, "", digest).has_content(same, digest)
        assert not RemoteFile(4, git_oid(content), "0" * 64).has_content(same, digest)
        assert RemoteFile(4, git_oid(content)).has_content(same, digest)
        assert not RemoteFile(4, git_oid(b"next")).has_content(same, digest)


def test_id_of_git_is_that_of_git():
    """`printf 'hello\\n' | git hash-object --stdin`"""
    assert git_oid(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
