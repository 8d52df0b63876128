"""Messages shown before and after a push."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sde_datasets.card.writer import CARD
from sde_datasets.dataset.manifest import NAME
from sde_datasets.hub.push import Push, PushResult
from sde_datasets.hub.push_options import MAIN
from sde_datasets.utils.progress import size


def changes_table(push: Push) -> Group:
    """The files and bytes that a push adds, replaces and removes, and whether it takes several commits."""
    changes, options = push.plan.changes, push.options
    visibility = "private" if options.private else "public"
    state = f"at {push.snapshot.head[:8]}" if push.snapshot.head else f"a new {visibility} repository"
    head = f"{options.repository} {options.revision}, {state}"
    if push.requested != options.repository:
        head = f"{push.requested} was renamed to {options.repository}\n{head}"
    if not changes:
        unchanged = f"No changes: {changes.unchanged:,} files are equal to those in the repository."
        return Group(Text(f"{head}\n{unchanged} No commit is made."))
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right")
    for name, sizes in (
        ("add", [file.size for file in changes.add]),
        ("replace", [file.size for file in changes.replace]),
        ("remove", list(changes.remove.values())),
    ):
        table.add_row(name, f"{len(sizes):,} files", size(sum(sizes)))
    table.add_row("unchanged", f"{changes.unchanged:,} files", size(changes.unchanged_bytes))
    explanation = "One commit, which readers see at once."
    if changes.early:
        explanation = (
            f"Too many files for one commit: {len(changes.early):,} files are sent under new paths first, without "
            "effect for readers; the last commit replaces the card and removes the old files."
        )
    if foreign := _foreign(push):
        explanation += f"\nReplaces files that sde-datasets did not write: {', '.join(foreign)}."
    return Group(Text(head), table, Text(explanation))


def _foreign(push: Push) -> list[str]:
    """The files of others that a push replaces, such as a README.md written on the web page."""
    earlier = push.snapshot.earlier
    ours = {*earlier.outputs, CARD, NAME} if earlier else set()
    return [file.path for file in push.plan.changes.replace if file.path not in ours]


def result_lines(push: Push, result: PushResult) -> Iterator[str]:
    """Describe what a push did, and how to load the data."""
    options = push.options
    address = f"{push.connection.api.endpoint}/datasets/{options.repository}"
    if result.request:
        address += f"/discussions/{result.request.rpartition('/')[2]}"
        yield f"proposed in {address}"
    if push.plan.changes:
        yield f"pushed {size(result.sent)}: {address} at {result.commit[:8]}"
    if result.branched:
        yield f"created the branch {options.revision}"
    if result.tagged:
        yield f"created the tag {options.tag}"
    if push.plan.changes and not result.request:
        revision = options.tag or (options.revision if options.revision != MAIN else "")
        pinned = f', revision="{revision}"' if revision else ""
        function = "load_dataset" if push.plan.samples == push.plan.default else "sde.load"
        yield f'load it: {function}("{options.repository}", "{push.plan.samples}"{pinned})'
