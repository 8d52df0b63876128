"""Export a config to a tool: open its splits, write the files of the tool, and return what to run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sde_datasets.errors import InputError
from sde_datasets.export.config_data import ConfigData
from sde_datasets.export.exporter import Commands, ExportFolder, ExportOptions
from sde_datasets.export.tools import get_exporter
from sde_datasets.utils.files import atomic_dir
from sde_datasets.utils.toml import read_toml, toml_value

# names a folder that an export wrote, which the next one may replace
MARK = "export.toml"


@dataclass(frozen=True)
class Export:
    """A written export: its folder, a remark on each file, and the commands."""

    folder: Path
    files: dict[str, str]
    commands: Commands


def export_config(
    data: str, config: str, tool: str, out: Path | None, options: ExportOptions, revision: str | None = None
) -> Export:
    """Write a config as the files of a tool, by default to `exports/<config>-<tool>`.

    config: also the name of a view, for tools that take all its configs together.

    Raises UsageError for an unknown tool, config or option of the tool, InputError for data that cannot be read and for
    a folder that holds other things.
    """
    exporter = get_exporter(tool)
    exporter.checked(options, tool)
    path = out or Path("exports") / f"{config}-{tool}"
    _check_folder(path)
    is_view = exporter.view and "-" not in config
    source = (ConfigData.open_view if is_view else ConfigData.open)(data, config, revision)
    with atomic_dir(path) as work:
        folder = ExportFolder(work, path)
        commands = exporter.write(source, folder, options)
        (work / MARK).write_text(_provenance(source, tool, options, folder), encoding="utf-8", newline="\n")
    return Export(path, folder.written, commands)


def _check_folder(path: Path) -> None:
    """Raise InputError for a folder with files that no export wrote."""
    if not path.exists():
        return
    known = [MARK, *read_toml(path / MARK).get("files", [])] if (path / MARK).is_file() else []
    others = sorted(each.name for each in path.iterdir() if each.name not in known) if path.is_dir() else [path.name]
    if others:
        raise InputError(str(path), f"holds what no export wrote ({others[0]})", "Give another --out.")


def _provenance(source: ConfigData, tool: str, options: ExportOptions, folder: ExportFolder) -> str:
    """Return what the export was made from, as TOML."""
    identity = source.splits[source.test].source.identity
    values: dict[str, object] = {"tool": tool, "data": identity.name, "config": source.config}
    values |= {"revision": identity.revision} if identity.revision else {}
    values |= {"model": options.model, "preset": options.preset, "chat": options.chat, "system": options.system}
    values |= {"files": list(folder.written)}
    hashes = {path: sha256 for split in source.splits.values() for path, sha256 in split.source.identity.sha256.items()}
    lines = [f"{name} = {toml_value(value)}\n" for name, value in values.items()]
    lines += ["\n[sha256]\n", *(f"{toml_value(path)} = {toml_value(sha256)}\n" for path, sha256 in hashes.items())]
    return "".join(lines)
