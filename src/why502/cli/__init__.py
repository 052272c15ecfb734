"""The command line: one thin file a command; heavy imports happen inside the command that needs them."""

from __future__ import annotations

import atexit
import difflib
import errno
import gc
import importlib
import os
import signal
import sys
import threading
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

import click

from why502 import __version__
from why502.cli.exits import EXIT_STATUSES
from why502.cli.output import tell, warn
from why502.cli.signals import end_in_order
from why502.errors import Exit, Interrupted, Why502Error

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = ("diagnose", "logs", "capture", "host", "collect", "trace", "fix", "reproduce", "explain", "lab", "schema")
"""In the order of `--help`. Each is a module of this package with a click command named `command`."""


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""A disk that takes no more, wherever something is written: nobody's defect."""
COLLECT_AFTER = 400_000
"""New objects after which Python looks for cycles of unused ones: nearly all that a run makes lives until its end."""


class LazyCommands(click.Group):
    """Imports a command's module when it is asked for; each states the exit statuses."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        command: click.Command = module.command
        command.epilog = command.epilog or EXIT_STATUSES
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """With the nearest names for one that was mistyped, as click has them for options."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = difflib.get_close_matches(args[0], COMMANDS)
            if not near:
                raise
            told = f"{error.message} Did you mean {' or '.join(repr(name) for name in near)}?"
            raise click.UsageError(told, ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        """A reader that left (`| head`) is not an outcome; click itself would answer 1, "failures explained"."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(128 + signal.SIGPIPE) from None


@click.group(cls=LazyCommands, epilog=EXIT_STATUSES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="why502")
def why502() -> None:
    """Find out why a gateway answered 502, 503 or 504."""


def script() -> NoReturn:
    """`main` as a process of its own, which then ends at once.

    The system takes a process apart in a hundredth of a second; Python, object by object, in a tenth. What has to be
    done at the end (temporary folders) is done; while threads are at work, Python waits for them as ever.
    """
    end_in_order()
    try:
        main()
    except SystemExit as end:
        if threading.active_count() > 1 or not isinstance(end.code, int):
            raise
        atexit._run_exitfuncs()  # noqa: SLF001 - what `os._exit` leaves out
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None: it was closed from the beginning
            stream.flush()
        os._exit(end.code)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit status (`errors.Exit`)."""
    spare_the_processor()
    try:
        status = why502.main(args=argv, prog_name="why502", standalone_mode=False)
    except click.ClickException as error:
        error.show(sys.stderr)
        sys.exit(Exit.WRONG_USE)
    except Why502Error as error:
        warn(str(error))
        sys.exit(Exit.WRONG_USE)
    except OSError as error:
        if error.errno not in FULL:
            _is_a_defect()
        written = error.filename2 or error.filename  # of a copy, the second
        warn(f"{error.strerror}{f': {written}' if written else ''}")
        sys.exit(Exit.WRONG_USE)
    except (KeyboardInterrupt, click.Abort) as error:
        asked = error if isinstance(error, Interrupted) else error.__context__  # click turns it into an Abort
        with suppress(OSError):  # the terminal is gone
            click.echo("why502: interrupted", err=True)
        sys.exit(128 + (asked.number if isinstance(asked, Interrupted) else signal.SIGINT))
    except Exception:  # noqa: BLE001 - the last resort: a defect is named as one, with what to report
        _is_a_defect()
    sys.exit(status if isinstance(status, int) else Exit.NOTHING_WRONG)


def _is_a_defect() -> NoReturn:
    """Of the exception that is being handled."""
    for line in traceback.format_exc().splitlines():
        tell(line)
    click.echo("why502: this is a defect of why502; please report the lines above", err=True)
    sys.exit(Exit.DEFECT)


def spare_the_processor() -> None:
    """A tenth of a second of searching for garbage, and threads for linear algebra that wait for it in a busy loop."""
    gc.set_threshold(COLLECT_AFTER)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
