"""The command `sde-datasets`: its group of commands, and how errors become messages and exit codes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import NoReturn

import click

from sde_datasets import __version__
from sde_datasets.cli.annotate import annotate, serve
from sde_datasets.cli.build import build, card, check, check_builder
from sde_datasets.cli.choose import choose
from sde_datasets.cli.explain import explain
from sde_datasets.cli.explore import corpora, designs, show
from sde_datasets.cli.explorer import explore
from sde_datasets.cli.export import export
from sde_datasets.cli.inspect import init, inspect
from sde_datasets.cli.predict import evaluate, predict
from sde_datasets.cli.push import push
from sde_datasets.cli.runs import runs
from sde_datasets.cli.score import compare, score
from sde_datasets.cli.study import push_study, report, study
from sde_datasets.cli.train import merge_model, push_model, train
from sde_datasets.errors import InputError, UsageError


class Commands(click.Group):
    """A group that turns the project's errors into one line and an exit code: 1 for bad input, 2 for bad usage."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; end with exit code 130 after Ctrl-C."""
        sys.unraisablehook = _interrupt_again
        try:
            return super().invoke(ctx)
        except InputError as error:
            _fail(f"error: {error}", 1)
        except UsageError as error:
            _fail(f"usage: {error}", 2)
        except KeyboardInterrupt:
            option = " with --resume" if ctx.invoked_subcommand == "train" else ""
            _fail(f"stopped. Complete parts are kept: run the same command again{option} to continue.", 130)
        except BrokenPipeError:
            # the reader of the output has closed it, as `head` does
            sys.stderr.close()
            sys.exit(0)


def _interrupt_again(lost: sys.UnraisableHookArgs) -> None:
    """Repeat a Ctrl-C that arrived within a destructor, where Python drops it."""
    if issubclass(lost.exc_type, KeyboardInterrupt):
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def _fail(text: str, code: int) -> NoReturn:
    click.echo(text, err=True)
    sys.exit(code)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Write annotated corpora as fine-tuning datasets under every sample design; train on them and score answers."""


for command in (
    corpora,
    designs,
    init,
    inspect,
    build,
    explain,
    show,
    explore,
    check,
    check_builder,
    push,
    export,
    card,
    score,
    compare,
    train,
    predict,
    evaluate,
    annotate,
    serve,
    runs,
    merge_model,
    push_model,
    study,
    report,
    choose,
    push_study,
):
    main.add_command(command)
