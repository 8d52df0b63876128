"""What a person is told about a push, before and after."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sde_datasets.card.write import CARD
from sde_datasets.hub.push import Push, Pushed
from sde_datasets.hub.target import MAIN
from sde_datasets.manifest import NAME
from sde_datasets.progress import size


def changes_table(push: Push) -> Group:
    """What would be added, replaced and removed, in files and bytes, and in how many commits."""
    changes, target = push.stage.changes, push.target
    state = f"at {push.remote.head[:8]}" if push.remote.head else f"not there yet: a {_visibility(push)} one is made"
    head = f"{target.repository} {target.revision}, {state}"
    if not changes:
        return Group(Text(f"{head}\nNothing has changed: {changes.unchanged:,} files as in the repository, no commit."))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    for name, sizes in (
        ("add", [item.size for item in changes.add]),
        ("replace", [item.size for item in changes.replace]),
        ("remove", list(changes.remove.values())),
    ):
        table.add_row(name, f"{len(sizes):,} files", size(sum(sizes)))
    table.add_row("unchanged", f"{changes.unchanged:,} files", size(changes.unchanged_bytes))
    how = "One commit, which readers see as a whole."
    if changes.early:
        how = (
            f"More than one commit takes: {len(changes.early):,} files go under new paths first, which no reader "
            "notices; the last commit swaps the card and removes the old."
        )
    if foreign := _foreign(push):
        how += f"\nNot written by sde-datasets and replaced: {', '.join(foreign)}."
    return Group(Text(head), table, Text(how))


def _foreign(push: Push) -> list[str]:
    """Files of somebody else that stand where ours go, such as a README.md written on the web page."""
    earlier = push.remote.manifest
    ours = {*earlier["outputs"], CARD, NAME} if earlier else set()
    return [item.path for item in push.stage.changes.replace if item.path not in ours]


def _visibility(push: Push) -> str:
    return "private" if push.target.private else "public"


def pushed_lines(push: Push, pushed: Pushed) -> Iterator[str]:
    """What was done, and how to load it."""
    target = push.target
    where = f"{push.connection.api.endpoint}/datasets/{target.repository}"
    if pushed.request:
        where += f"/discussions/{pushed.request.rpartition('/')[2]}"
        yield f"proposed in {where}"
    if push.stage.changes:
        yield f"pushed {size(pushed.sent)}: {where} at {pushed.commit[:8]}"
    if pushed.branched:
        yield f"made the branch {target.revision}"
    if pushed.tagged:
        yield f"tagged {target.tag}"
    if push.stage.changes and not pushed.request:
        revision = target.tag or (target.revision if target.revision != MAIN else "")
        pinned = f', revision="{revision}"' if revision else ""
        yield f'load it: load_dataset("{target.repository}", "{push.stage.default}"{pinned})'
