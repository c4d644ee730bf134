"""The command line: its commands, and the codes that they end with where something goes wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from augury.cli.access.projects import audit, project, usage
from augury.cli.checking.exit_codes import ExitCode, exit_codes_in_words
from augury.cli.compare.command import compare
from augury.cli.doctor import doctor
from augury.cli.ending import cancel, stop
from augury.cli.extend import extend
from augury.cli.follow import out, say
from augury.cli.groups import add_groups
from augury.cli.guidance.first_steps import first_steps
from augury.cli.guidance.next_steps import next_step
from augury.cli.linting.command import lint
from augury.cli.options import RequestFile, Url, read_request
from augury.cli.preview import preview
from augury.cli.publish.command import publish
from augury.cli.render.tables import render_jobs, render_plan
from augury.cli.report import report
from augury.cli.running.run import run, watch
from augury.cli.specs.exporting import export
from augury.cli.specs.importing import import_spec
from augury.client.address import DEFAULT_DATA_DIR, KEY_VARIABLE, PAGE
from augury.client.client import Client
from augury.errors import (
    AuguryError,
    DatasetRefused,
    ImportRefused,
    NothingToPublish,
    NothingToSend,
    NotInstalled,
    RequestRefused,
    StackConflict,
)

USUAL_PORT = 8000
_REFUSALS = (
    DatasetRefused,
    ImportRefused,
    NothingToPublish,
    NothingToSend,
    NotInstalled,
    RequestRefused,
    StackConflict,
)

app = typer.Typer(
    help="Does this image augmentation help or hurt my model on my data? Evidence from an Augury service.",
    epilog=f"Exit codes: {exit_codes_in_words()}.",
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except AuguryError as error:
        say(f"augury: {error}\n  → {next_step(error)}")
        raise typer.Exit(ExitCode.REFUSED if isinstance(error, _REFUSALS) else ExitCode.UNREACHABLE) from None
    except OSError as error:
        say(f"augury: {error}\n  → Check the path, its permissions and the room on the disk.")
        raise typer.Exit(ExitCode.REFUSED) from None


@app.callback()
def with_key(
    context: typer.Context,
    api_key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            show_default=False,
            help="Sent to the service, where it takes keys. Default: AUGURY_API_KEY, which only you can see.",
        ),
    ] = None,
) -> None:
    """Take what any command may need; without one, say what to do first."""
    if api_key is not None:
        os.environ[KEY_VARIABLE] = api_key
    if context.invoked_subcommand is None:
        typer.echo(first_steps())


@app.command()
@_exit_codes()
def up(
    data_dir: Annotated[Path, typer.Option(help="Where the stack keeps everything.")] = DEFAULT_DATA_DIR,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port to listen on. Default: 8000, or a free one.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Trials trained at the same time. Default: the worker's own choice.")
    ] = None,
    broker_url: Annotated[
        str | None,
        typer.Option(help="Use this Redis or Valkey instead of starting one. Default: AUGURY_BROKER_URL."),
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Of the service: one answers as much as one core can.")
    ] = 1,
    jax: Annotated[
        bool, typer.Option("--jax", help="A worker for jobs with training.backend jax, too; it takes augury[jax].")
    ] = False,
    data_root: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            file_okay=False,
            show_default=False,
            help="Datasets may be read from this folder; may be given several times. Adds to AUGURY_INGEST_ROOTS.",
        ),
    ] = None,
) -> None:
    """Run a complete Augury on this machine until Ctrl-C."""
    from augury.local.interrupts import interrupting
    from augury.local.ports import is_free
    from augury.local.stack import LocalStack

    if port is None:
        port = USUAL_PORT if is_free(host, USUAL_PORT) else 0
    roots = _require_no_commas(data_root or [])
    with (
        interrupting(),
        LocalStack(data_dir, host, port, workers, broker_url, roots, processes, jax) as stack,
    ):
        where = {"page": f"{stack.url}{PAGE}", "docs": f"{stack.url}/docs", "logs": stack.log_dir}
        lines = "\n".join(f"  {name}  {what}" for name, what in where.items())
        typer.echo(f"Augury is at {stack.url}\n{lines}\nCtrl-C to stop.")
        try:
            stack.wait()
        except KeyboardInterrupt:
            say("Stopping. Ctrl-C again to stop at once.")


@app.command()
@_exit_codes()
def jobs(
    url: Url = None,
    state: Annotated[str | None, typer.Option(help="Only jobs in this state, e.g. running.")] = None,
    label: Annotated[str | None, typer.Option(metavar="KEY:VALUE", help="Only jobs with this label.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many to show.")] = 20,
) -> None:
    """List recent jobs, newest first."""
    with Client(url) as client:
        out().print(render_jobs(client.jobs(state=state, label=label, limit=limit)))


@app.command()
@_exit_codes()
def plan(request: RequestFile, url: Url = None) -> None:
    """Check a request and show what it would train, without submitting it."""
    with Client(url) as client:
        out().print(render_plan(client.plan(read_request(request))))


_ON_JOBS = (compare, run, watch, cancel, stop, extend, report, publish)
for _command in (*_ON_JOBS, preview, lint, export, doctor, project, usage, audit):
    app.command()(_exit_codes()(_command))

app.command("import")(_exit_codes()(import_spec))

add_groups(app, _exit_codes())


def _require_no_commas(roots: list[Path]) -> list[Path]:
    for root in roots:
        if "," in str(root.resolve()):
            raise typer.BadParameter(f"--data-root: {root} has a comma in it, which separates the folders of a list")
    return roots
