"""The command line: options into settings, what a run found into output and an exit status.

Slow imports (LibCST, rich) wait until a command needs them.
"""

from __future__ import annotations

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from dbreview import __version__
from dbreview.output import (
    OutputError,
    is_terminal,
    prepare_streams,
    wants_colour,
    write,
    write_to,
)
from dbreview.rulebook import PageError, Rule, Rulebook, UnknownRule
from dbreview.settings import (
    FAIL_ON,
    FORMATS,
    Selectors,
    Settings,
    SettingsError,
    find_settings,
    read_settings,
)
from dbreview.terminal import say, say_as_it_is, shows_tracebacks, style, tell, watched, width

if TYPE_CHECKING:
    from dbreview.report.style import Style
    from dbreview.review import Review

FOUND_NOTHING, FOUND_SOMETHING, FAILED = 0, 1, 2
SCHEMA_FORMATS = ("text", "json", "mermaid", "dot")
_INTERRUPTED = 130
_REPORT = "This is a mistake in dbreview. Please report it with the line above and the file it was about."


class _Commands(click.Group):
    """`check` may be left out: `dbreview src` is `dbreview check src`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "-h", "--help", "-V", "--version"):
            args = ["check", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section("Options of check"):
            records = (option.get_help_record(ctx) for option in check.get_params(ctx))
            formatter.write_dl([record for record in records if record is not None])


def _split(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """`--select A,B --select C` names three rules."""
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())


# What the commands that read a project have in common.
_to_file = click.option("--output-file", type=click.Path(dir_okay=False, path_type=Path),
                        help="Write to a file instead of standard output.")  # fmt: skip
_with_config = click.option("--config", type=click.Path(path_type=Path), metavar="FILE",
                            help="Settings from this file.")  # fmt: skip
_isolated = click.option("--isolated", is_flag=True, help="No settings from files.")
_jobs = click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N",
                     help="Processes that read files. [default: one for each processor]")  # fmt: skip
_no_cache = click.option("--no-cache", is_flag=True, help="Read and write no cache.")
_cache_dir = click.option("--cache-dir", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
                          envvar="DBREVIEW_CACHE_DIR", show_envvar=True,
                          help="Keep the cache here. [default: .dbreview_cache in the project]")  # fmt: skip


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="dbreview %(version)s")
def commands() -> None:
    """Review the data layer of FastAPI applications, without running them.

    `dbreview PATH...` is short for `dbreview check PATH...`.
    """


@commands.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--select", multiple=True, callback=_split, metavar="RULES",
              help="Only these rules: codes, prefixes such as DBR2, names, ALL.")  # fmt: skip
@click.option("--extend-select", multiple=True, callback=_split, metavar="RULES",
              help="These rules too.")  # fmt: skip
@click.option("--ignore", multiple=True, callback=_split, metavar="RULES",
              help="Not these rules.")  # fmt: skip
@click.option("--advice", is_flag=True, help="Show advice and doubtful findings too.")
@click.option("--fail-on", type=click.Choice(FAIL_ON),
              help="The least severity that gives exit status 1. [default: warning]")  # fmt: skip
@click.option("--exit-zero", is_flag=True, help="Exit status 0 whatever is found.")
@click.option("--output-format", type=click.Choice(FORMATS), help="[default: text]")
@_to_file
@_with_config
@_isolated
@click.option("--force-exclude", is_flag=True,
              help="Leave out excluded files even if they are named, as hooks do.")  # fmt: skip
@_jobs
@_no_cache
@_cache_dir
@click.option("--statistics", is_flag=True, help="Show how often each rule is broken.")
@click.option("-q", "--quiet", is_flag=True, help="Only the findings.")
@click.option("-v", "--verbose", is_flag=True, help="End with how much was understood.")
def check(  # noqa: PLR0913, PLR0917  (click passes one argument per option)
    paths: tuple[str, ...],
    select: tuple[str, ...],
    extend_select: tuple[str, ...],
    ignore: tuple[str, ...],
    advice: bool,
    fail_on: str | None,
    exit_zero: bool,
    output_format: str | None,
    output_file: Path | None,
    config: Path | None,
    isolated: bool,
    force_exclude: bool,
    jobs: int | None,
    no_cache: bool,
    cache_dir: Path | None,
    statistics: bool,
    quiet: bool,
    verbose: bool,
) -> int:
    """Review files and folders (by default the current one).

    The whole project is analysed, whatever the paths; the report is about the paths.
    Exit status: 0 nothing to report, 1 findings, 2 dbreview could not do its job.
    """
    from dbreview import run

    if paths[:1] == ("check",) and not os.path.lexists("check"):  # `dbreview --quiet check src`
        paths = paths[1:]
    paths = paths or (".",)
    rulebook = _rulebook()
    for name, selectors in (("--select", select), ("--extend-select", extend_select), ("--ignore", ignore)):
        _refuse_unknown(name, selectors, rulebook)
    settings = _settings(paths, config, isolated, rulebook)
    settings = replace(
        settings.with_selectors(Selectors(select or None, extend_select, ignore)),
        advice=advice or settings.advice,
        fail_on=fail_on or settings.fail_on,
        output_format=output_format or settings.output_format,
        force_exclude=force_exclude,
    )
    if statistics and settings.output_format not in ("text", "concise", "json"):
        raise click.UsageError(f"--statistics has no {settings.output_format} format")
    means = run.Means(jobs, not no_cache, cache_dir)
    reviewed = watched(lambda progress: run.review(paths, settings, rulebook, progress, means), quiet=quiet)
    look = style(quiet=quiet, to_file=output_file is not None)
    write_to(output_file, _report(reviewed, settings, look, statistics=statistics))
    tell(reviewed.problems, verbose=verbose)
    if verbose:
        from dbreview.report.understanding import render

        say_as_it_is(render(reviewed))
    if any(problem.is_fatal for problem in reviewed.problems):
        return FAILED
    return FOUND_SOMETHING if not exit_zero and _fails(reviewed, settings.fail_on) else FOUND_NOTHING


@commands.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "--output-format", "output_format", type=click.Choice(SCHEMA_FORMATS), default="text",
              help="[default: text]")  # fmt: skip
@_to_file
@_with_config
@_isolated
@_jobs
@_no_cache
@_cache_dir
@click.option("-q", "--quiet", is_flag=True, help="Only the schema.")
def schema(  # noqa: PLR0913, PLR0917
    paths: tuple[str, ...],
    output_format: str,
    output_file: Path | None,
    config: Path | None,
    isolated: bool,
    jobs: int | None,
    no_cache: bool,
    cache_dir: Path | None,
    quiet: bool,
) -> int:
    """Show tables, keys, indexes and relationships, read from the code alone.

    The whole project is analysed, whatever the paths; shown is what the paths declare.
    Exit status: 0, or 2 where dbreview could not do its job.
    """
    from dbreview import run
    from dbreview.report.schema import render

    paths = paths or (".",)
    settings = _settings(paths, config, isolated, _rulebook())
    means = run.Means(jobs, not no_cache, cache_dir)
    found = watched(lambda progress: run.schema(paths, settings, progress, means), quiet=quiet)
    write_to(output_file, render(found, output_format, style(quiet=quiet, to_file=output_file is not None)))
    tell(found.problems)
    return FAILED if any(problem.is_fatal for problem in found.problems) else FOUND_NOTHING


@commands.command()
@click.argument("rule", metavar="CODE|NAME")
def explain(rule: str) -> int:
    """Show the page of a rule: why it matters, bad and good code, when to ignore it."""
    try:
        found = _rulebook().rule(rule)
    except UnknownRule as error:
        raise click.UsageError(str(error)) from error
    write(_page(found))
    return FOUND_NOTHING


@commands.command()
@click.option("--output-format", type=click.Choice(("text", "json")), default="text")
def rules(output_format: str) -> int:
    """List the rules."""
    from dbreview.report.rules import as_json, as_lines, as_table

    rulebook = _rulebook()
    if output_format == "json":
        write(as_json(rulebook))
    elif is_terminal(sys.stdout):
        write(as_table(rulebook, has_colour=wants_colour(sys.stdout), width=width()))
    else:
        write(as_lines(rulebook))
    return FOUND_NOTHING


@commands.group()
def cache() -> None:
    """What earlier runs have left behind."""


@cache.command()
@click.argument("path", default=".", type=click.Path(exists=True))
@_cache_dir
def clean(path: str, cache_dir: Path | None) -> int:
    """Remove the cache of a project (by default that of the current folder)."""
    from dbreview.cache import FOLDER
    from dbreview.cache import clean as remove
    from dbreview.discover import discover

    folder = cache_dir or discover([path], Settings()).root / FOLDER
    try:
        removed = remove(folder)
    except OSError as error:
        raise click.ClickException(f"{folder}: {error.strerror or error}") from error
    files = "1 file" if removed == 1 else f"{removed} files"
    write(f"Removed {files} from {folder}.\n" if removed else f"There is no cache in {folder}.\n")
    return FOUND_NOTHING


def main() -> NoReturn:
    """What the `dbreview` command runs."""
    prepare_streams()
    try:
        status = commands.main(prog_name="dbreview", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = FAILED
    except (SettingsError, PageError, OutputError) as error:
        say(str(error))
        status = FAILED
    except (KeyboardInterrupt, click.Abort):
        status = _INTERRUPTED
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        say(f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})")
        say(_REPORT)
        if shows_tracebacks() or {"-v", "--verbose"} & set(sys.argv):
            traceback.print_exc()
        status = FAILED
    sys.exit(status)


def _rulebook() -> Rulebook:
    return Rulebook.read()


def _refuse_unknown(option: str, selectors: tuple[str, ...], rulebook: Rulebook) -> None:
    for selector in selectors:
        try:
            rulebook.matching(selector)
        except UnknownRule as error:
            raise click.BadParameter(str(error), param_hint=option) from error


def _settings(paths: tuple[str, ...], config: Path | None, isolated: bool, rulebook: Rulebook) -> Settings:
    from dbreview.discover import common_folder

    if config and isolated:
        raise click.UsageError("--config and --isolated exclude each other")
    if isolated:
        return Settings()
    if config:
        return read_settings(config, rulebook, folder=Path.cwd())
    return find_settings(common_folder(paths), rulebook)


def _report(review: Review, settings: Settings, look: Style, *, statistics: bool) -> str:
    from dbreview.report import render

    if not statistics:
        return render(review, settings.output_format, look)
    from dbreview.report import statistics as counts

    if settings.output_format == "json":
        return counts.render_json(review)
    return counts.render(review, look)


def _fails(review: Review, fail_on: str) -> bool:
    failing = FAIL_ON[: FAIL_ON.index(fail_on) + 1] if fail_on != "never" else ()
    return any(diagnostic.severity in failing for diagnostic in review.shown)


def _page(rule: Rule) -> str:
    if not is_terminal(sys.stdout):
        return rule.page
    from dbreview.report.rules import page

    return page(rule, has_colour=wants_colour(sys.stdout), width=width())
