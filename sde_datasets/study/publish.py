"""Put the results and the report of a study into a dataset repository, as configs of their own."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from sde_datasets.errors import InputError
from sde_datasets.study.folder import StudyFolder
from sde_datasets.study.results import read_results

if TYPE_CHECKING:
    from sde_datasets.hub.push_options import PushOptions

_CARD = "README.md"
_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.S | re.M)
_NEW_CARD = "\n# {title}\n\nResults of a study of sample designs. The report is in `{place}/REPORT.md`.\n"


def study_files(folder: StudyFolder, name: str) -> dict[str, bytes]:
    """Return what is pushed, by path in the repository: the results, the samples, and the report.

    Cells that failed are left out. Raises InputError if the study has no results or no report.
    """
    results, samples = read_results(folder)
    if not (folder.report / "REPORT.md").is_file():
        raise InputError(str(folder.path), "has no report yet", f"Write it: sde-datasets report {folder.path}.")
    place = f"studies/{name}"
    tables = {"results": results.filter(pl.col("evaluation").is_not_null()), "samples": samples}
    files = {f"{place}/{table}.parquet": _parquet(frame) for table, frame in tables.items()}
    for path in sorted(folder.report.rglob("*")):
        if path.is_file():
            files[f"{place}/{path.relative_to(folder.report).as_posix()}"] = path.read_bytes()
    return files


def card_with_study(card: str, name: str, title: str) -> str:
    """Return a dataset card with the configs of a study in its front matter; "" makes a new card.

    Raises InputError for a front matter that is not YAML.
    """
    found = _FRONT.match(card)
    try:
        front: Any = yaml.safe_load(found[1]) if found else {}
    except yaml.YAMLError as error:
        raise InputError(_CARD, "has a front matter that is not YAML", "Correct it on the Hub.") from error
    if not isinstance(front, dict):
        raise InputError(_CARD, "has a front matter that is not a table", "Correct it on the Hub.")
    own = [
        {"config_name": f"study-{name}-{table}", "data_files": f"studies/{name}/{table}.parquet"}
        for table in ("results", "samples")
    ]
    names = {entry["config_name"] for entry in own}
    others = [entry for entry in front.get("configs") or [] if entry.get("config_name") not in names]
    front["configs"] = [*others, *own]
    words = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=1000)
    rest = card[found.end() :] if found else card or _NEW_CARD.format(title=title, place=f"studies/{name}")
    return f"---\n{words}---\n{rest}"


def push_study(files: dict[str, bytes], name: str, title: str, target: PushOptions) -> str:
    """Push the files and the card with the configs in one commit; return its address. Raises InputError."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete
    from huggingface_hub.errors import RepositoryNotFoundError

    from sde_datasets.hub.connection import configure_client, connect
    from sde_datasets.hub.snapshot import read_text

    configure_client()
    connection = connect(target.repository)
    card, present, missing = "", [], False
    with connection.translate_errors():
        try:
            info = connection.call("repo_info")
        except RepositoryNotFoundError:
            missing = True
        else:
            present = [file.rfilename for file in info.siblings]
            card = read_text(connection, _CARD, info.sha) if _CARD in present else ""
    content = files | {_CARD: card_with_study(card, name, title).encode()}
    additions = [CommitOperationAdd(path, data) for path, data in sorted(content.items())]
    old = [path for path in present if path.startswith(f"studies/{name}/") and path not in content]
    removals = [CommitOperationDelete(path) for path in old]
    message = target.message or f"Results and report of the study {name}"
    with connection.ensure_repository(missing, target.private), connection.translate_errors():
        done = connection.call("create_commit", operations=[*additions, *removals], commit_message=message)
    return str(done.commit_url)


def study_name(folder: Path, name: str) -> str:
    """Return the name of a study in a repository: as given, or that of its folder. Raises InputError."""
    chosen = name or folder.absolute().name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", chosen):
        raise InputError(chosen, "is not a name of a study", "Use letters, digits, and . _ - : --name experiment1.")
    return chosen


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()
