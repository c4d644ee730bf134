"""The command line. Exit codes: 0 done, 1 job failed or cancelled, 2 refused, 3 unreachable, 130 interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from augury.address import DEFAULT_DATA_DIR
from augury.client import Client
from augury.errors import AuguryError, RequestRefused, StackConflict
from augury.follow import Output, conclude, follow, follow_or_let_go, out, say
from augury.lint_command import lint
from augury.options import Url, read_request
from augury.preview_command import preview
from augury.tables import render_jobs, render_plan

USUAL_PORT = 8000
REFUSED, UNREACHABLE, INTERRUPTED = 2, 3, 130

app = typer.Typer(
    help="Does this image augmentation help or hurt my model on my data? Evidence from an Augury service.",
    epilog="Exit codes: 0 done, 1 the job failed or was cancelled, 2 wrong usage or refused, "
    "3 service unreachable or broken, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

RequestFile = Annotated[str, typer.Argument(metavar="REQUEST.json", help="The request as JSON; - reads it from stdin.")]
JobId = Annotated[str, typer.Argument(metavar="JOB_ID", help="As printed by `augury run` and `augury jobs`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]
OutputFile = Annotated[
    Path | None, typer.Option("--output", help="Write the report, as JSON, or the augmented images to this file.")
]


@contextmanager
def _exit_codes() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except AuguryError as error:
        say(f"augury: {error}")
        code = REFUSED if isinstance(error, RequestRefused | StackConflict) else UNREACHABLE
        raise typer.Exit(code) from None
    except OSError as error:
        say(f"augury: {error}")
        raise typer.Exit(REFUSED) from None


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
) -> None:
    """Run a complete Augury on this machine until Ctrl-C."""
    from augury.interrupts import interrupting
    from augury.ports import is_free
    from augury.stack import LocalStack

    if port is None:
        port = USUAL_PORT if is_free(host, USUAL_PORT) else 0
    with interrupting(), LocalStack(data_dir, host, port, workers, broker_url) as stack:
        typer.echo(f"Augury is at {stack.url}\n  docs  {stack.url}/docs\n  logs  {stack.log_dir}\nCtrl-C to stop.")
        try:
            stack.wait()
        except KeyboardInterrupt:
            say("Stopping. Ctrl-C again to stop at once.")


@app.command()
@_exit_codes()
def run(
    request: RequestFile,
    url: Url = None,
    as_json: AsJson = False,
    output: OutputFile = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Sending the same request with the same key again gives the same job.")
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="Start a stack on this machine for this run only.")] = False,
    data_dir: Annotated[
        Path | None, typer.Option(help="With --local: where that stack keeps everything. Default: .augury.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Submit, print the job's id and do not wait.")] = False,
) -> None:
    """Submit a request, watch it, and print the report, or fetch the augmented images.

    Ctrl-C only ends the watching; the job goes on. With --local it ends the stack.
    """
    _check_options(url=url, output=output, local=local, data_dir=data_dir, detach=detach)
    body = read_request(request)
    wanted = Output(as_json, output)
    if local:
        raise typer.Exit(_run_locally(body, idempotency_key, data_dir or DEFAULT_DATA_DIR, wanted))
    with Client(url) as client:
        job = client.submit(body, idempotency_key)
        if detach:
            typer.echo(job.model_dump_json(indent=2, by_alias=True) if as_json else job.id)
            return
        say(f"{job.id} submitted to {client.url}")
        code = conclude(client, follow_or_let_go(client, job.id, _repeat(url)), wanted)
    raise typer.Exit(code)


def _run_locally(body: dict[str, Any], idempotency_key: str | None, data_dir: Path, output: Output) -> int:
    from augury.interrupts import interrupting
    from augury.stack import LocalStack

    with interrupting(), LocalStack(data_dir) as stack, Client(stack.url) as client:
        say(f"Local stack at {stack.url}, logs in {stack.log_dir}")
        job = client.submit(body, idempotency_key)
        try:
            return conclude(client, follow(client, job.id), output)
        except KeyboardInterrupt:
            say(f"Stopping. The trials finished so far stay in {stack.data_dir} and will be reused.")
            raise


@app.command()
@_exit_codes()
def watch(job_id: JobId, url: Url = None, as_json: AsJson = False, output: OutputFile = None) -> None:
    """Watch a job that was submitted before, and print its report."""
    _check_options(output=output)
    with Client(url) as client:
        code = conclude(client, follow_or_let_go(client, job_id, _repeat(url)), Output(as_json, output))
    raise typer.Exit(code)


@app.command()
@_exit_codes()
def report(job_id: JobId, url: Url = None, as_json: AsJson = False, output: OutputFile = None) -> None:
    """Print the report of a finished job."""
    _check_options(output=output)
    with Client(url) as client:
        Output(as_json, output).show(client.report(job_id))


@app.command()
@_exit_codes()
def cancel(job_id: JobId, url: Url = None) -> None:
    """Drop a job and the work it still has to do."""
    with Client(url) as client:
        typer.echo(f"{job_id}: {client.cancel(job_id).state}")


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


app.command()(_exit_codes()(preview))
app.command()(_exit_codes()(lint))


def _check_options(
    *,
    output: Path | None,
    url: str | None = None,
    local: bool = False,
    data_dir: Path | None = None,
    detach: bool = False,
) -> None:
    """Refuse what cannot work before hours are spent on it."""
    if local and url:
        raise typer.BadParameter("--local starts a service of its own; leave out --url")
    if local and detach:
        raise typer.BadParameter("--local stops with the command, so there is nothing to --detach from")
    if data_dir and not local:
        raise typer.BadParameter("--data-dir is for --local")
    if output is None:
        return
    if detach:
        raise typer.BadParameter("--detach does not wait for the report that --output asks for")
    if output.is_dir():
        raise typer.BadParameter(f"--output: {output} is a folder")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"--output: {error}") from error


def _repeat(url: str | None) -> str:
    return f" --url {url}" if url else ""


if __name__ == "__main__":
    app()
