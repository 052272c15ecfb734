"""Runs the matrix: so many runs side by side, each in a process and in namespaces of its own."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from why502 import __version__
from why502.errors import Why502Error
from why502.lab.enter import PR_SET_PDEATHSIG
from why502.lab.hosts import check_rights
from why502.lab.interruption import orderly_end
from why502.lab.matrix.judging import judge
from why502.lab.matrix.results import MATRIX_SCHEMA, Job, Matrix, Run
from why502.lab.namespaces import sweep
from why502.lab.proxies import proxies
from why502.lab.run import Options, run
from why502.lab.scenarios import by_name, scenarios
from why502.model.decoding import ready
from why502.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from why502.lab.interruption import Interruption
    from why502.lab.scenarios import Scenario

RUNS_PER_CORE = 3
"""A run uses a tenth of a core; more of them side by side disturb each other's milliseconds."""
SIDE_BY_SIDE = RUNS_PER_CORE * (os.cpu_count() or 1)
LONGEST_RUN_S = 300
BESIDE_THE_LOAD_S = 3.0
"""What a run takes beyond its load, on average: starts, ends, and the diagnoses."""
NOTE = ".run.json"
"""Beside each bundle that is kept: which run it was."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Which part of the matrix is wanted."""

    seeds: Sequence[int] = (1,)
    faults: Sequence[str] = ()
    """None: all."""
    proxies: Sequence[str] = ()
    """None: all that are installed and can show the fault."""
    quick: bool = False
    """Each fault on one proxy only, without the real servers."""
    side_by_side: int = SIDE_BY_SIDE


def jobs(wishes: Wishes) -> tuple[Job, ...]:
    """All runs, each fault followed by its healthy twin."""
    known = proxies()
    if unknown := sorted(set(wishes.proxies) - known.keys()):
        raise Why502Error("no such proxy", where=unknown[0], hint=f"known: {', '.join(known)}")
    usable = wishes.proxies or [name for name, proxy in known.items() if proxy.installed]
    chosen = [scenario for scenario in _chosen(wishes) if scenario.lacking() is None]
    planned = [
        Job(scenario.name, proxy, seed, healthy, server)
        for number, scenario in enumerate(chosen)
        for proxy, seed, server in _places(scenario, number, usable, wishes)
        for healthy in (False, True)
    ]
    if not planned:
        raise Why502Error("nothing is left to run", why="none of these faults shows with these proxies")
    return tuple(planned)


def _chosen(wishes: Wishes) -> list[Scenario]:
    """Those asked for by name; else all, or all that are quick."""
    return [by_name(name) for name in wishes.faults] or [s for s in scenarios() if s.quick or not wishes.quick]


def _places(
    scenario: Scenario, number: int, usable: Sequence[str], wishes: Wishes
) -> Iterator[tuple[str, int, str | None]]:
    """Every proxy with every seed; and, unless it has to be quick, every real server with one proxy a seed, in turn."""
    able = [name for name in scenario.proxies if name in usable]
    for proxy in _proxies(able, number, quick=wishes.quick):
        yield from ((proxy, seed, None) for seed in wishes.seeds)
    servers = [name for name, variant in scenario.servers.items() if variant.server.missing is None]
    for turn, server in enumerate(servers if able and not wishes.quick else ()):
        yield from ((able[(turn + seed) % len(able)], seed, server) for seed in wishes.seeds)


def not_run(wishes: Wishes) -> tuple[str, ...]:
    """What `jobs` leaves out because this machine lacks it, in words."""
    chosen = _chosen(wishes)
    faults_lacking = [f"{scenario.name}: {lacking}" for scenario in chosen if (lacking := scenario.lacking())]
    wanted = {name for scenario in chosen for name in scenario.proxies if name in (wishes.proxies or scenario.proxies)}
    proxies_lacking = [f"{name}: not installed" for name in sorted(wanted) if not proxies()[name].installed]
    servers_lacking = [
        f"{scenario.name} with {name}: {missing}"
        for scenario in chosen
        for name, variant in scenario.servers.items()
        if (missing := variant.server.missing) and not wishes.quick
    ]
    return (*faults_lacking, *proxies_lacking, *servers_lacking)


def _proxies(able: Sequence[str], number: int, *, quick: bool) -> Sequence[str]:
    return able[number % len(able) :][:1] if quick and able else able


def run_matrix(wishes: Wishes, keep: Path | None, progress: Callable[[str], None] = lambda _: None) -> Matrix:
    """Run everything; the bundles are kept in the folder `keep`."""
    check_rights()
    with ExitStack() as stack:
        interruption = stack.enter_context(orderly_end())
        stack.callback(sweep)  # what a run left that was killed without a word
        folder = keep or Path(stack.enter_context(Scratch()))
        folder.mkdir(parents=True, exist_ok=True)
        work = partial(_run_one, folder=folder, keeps=keep is not None)
        lacking = not_run(wishes)
        for sentence_of_it in lacking:
            progress(sentence_of_it)
        planned = jobs(wishes)
        progress(outlook(planned, wishes.side_by_side))
        made = _matrix(planned, work, wishes.side_by_side, progress, interruption)
        return structs.replace(made, not_run=lacking)


def outlook(planned: Sequence[Job], side_by_side: int) -> str:
    """How many runs, and about how long they take."""
    seconds = sum(by_name(job.scenario).duration_s + BESIDE_THE_LOAD_S for job in planned) / side_by_side
    return f"{len(planned)} runs, {side_by_side} side by side: about {max(1, round(seconds / 60))} min"


def judge_again(kept: Path, side_by_side: int, progress: Callable[[str], None] = lambda _: None) -> Matrix:
    """Judge anew the bundles that a former matrix left in `kept`: what another weight makes of them, in seconds."""
    planned = tuple(job for path in sorted(kept.glob("*" + NOTE)) if (job := _read_note(path).job))
    if not planned:
        raise Why502Error("no runs of a matrix", where=str(kept), hint="name the folder that was given to -o")
    with orderly_end() as interruption:
        return _matrix(planned, partial(_judge_one, folder=kept), side_by_side, progress, interruption)


def _matrix(
    planned: Sequence[Job],
    work: Callable[[Job], Run],
    side_by_side: int,
    progress: Callable[[str], None],
    interruption: Interruption,
) -> Matrix:
    begin_s = time.monotonic()
    done = []
    for number, one in enumerate(_all(planned, work, side_by_side, interruption), 1):
        done.append(one)
        progress(f"{number}/{len(planned)} {one.job.label}: {sentence(one)}")
    done.sort(key=lambda one: planned.index(one.job))
    return Matrix(
        schema=MATRIX_SCHEMA,
        made_by=f"why502 {__version__}",
        kernel=os.uname().release.partition("-")[0],
        seeds=tuple(sorted({job.seed for job in planned})),
        took_s=round(time.monotonic() - begin_s, 1),
        runs=tuple(done),
    )


def sentence(one: Run) -> str:
    """What came out with all of the evidence."""
    if one.error:
        return f"broke off: {one.error}"
    if not one.felt:
        return "the fault made no failure: not counted"
    whole = one.judged[-1]
    named = ", ".join(f"{n.cause} ({n.probability:.2f})" for n in whole.named)
    return f"{whole.verdict}{': ' if named else ''}{named}"


def _all(
    planned: Sequence[Job], work: Callable[[Job], Run], side_by_side: int, interruption: Interruption
) -> Iterator[Run]:
    """Whatever is done first comes first."""
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(side_by_side, mp_context=spawn, initializer=partial(_die_with, os.getpid()))
    try:
        futures = {pool.submit(work, job): job for job in planned}
        completed = as_completed(futures)
        while future := _next(completed, interruption):
            yield _result(futures[future], future)
    except BaseException:
        for process in tuple(pool._processes.values()):  # noqa: SLF001 - before Python 3.14 there is no other way
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _next(completed: Iterator[Future[Run]], interruption: Interruption) -> Future[Run] | None:
    """The one place where the matrix waits."""
    with interruption.allowed():
        return next(completed, None)


def _result(job: Job, future: Future[Run]) -> Run:
    """A run that broke off is a result, too."""
    error = future.exception()
    return Run(job, error=f"{type(error).__name__}: {error}") if error else future.result()


def _die_with(parent_pid: int) -> None:
    """SIGTERM when the matrix is killed; that ends a run in order."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C of the terminal reaches the matrix alone
    if os.getppid() != parent_pid:
        sys.exit("the matrix is gone")


def _run_one(job: Job, folder: Path, *, keeps: bool) -> Run:
    """In a process of its own: run and judge."""
    bundle = folder / job.label
    begin_s = time.monotonic()
    options = Options(job.seed, limit_s=LONGEST_RUN_S)
    try:
        outcomes = run(by_name(job.scenario).on(job.server), proxies()[job.proxy], options, bundle, healthy=job.healthy)
    except KeyboardInterrupt:  # SIGTERM: everything is cleaned up by now, and the pool would go on with the next run
        os._exit(128 + signal.SIGTERM)
    expected = by_name(job.scenario).expected(outcomes, healthy=job.healthy)
    done = Run(
        job,
        requests=len(outcomes.requests),
        by_status=outcomes.by_status,
        judged=judge(job, bundle, expected),
        took_s=round(time.monotonic() - begin_s, 1),
        expected=expected,
    )
    if keeps:
        bundle.with_name(bundle.name + NOTE).write_bytes(msgspec.json.encode(done))
    else:
        shutil.rmtree(bundle)
    return done


def _judge_one(job: Job, folder: Path) -> Run:
    bundle = folder / job.label
    kept = _read_note(bundle.with_name(bundle.name + NOTE))
    return structs.replace(kept, judged=judge(job, bundle, kept.expected))


def _read_note(path: Path) -> Run:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ready(Run))
    except msgspec.MsgspecError as error:
        raise Why502Error("not the note of a run", where=str(path), why=str(error)) from error
