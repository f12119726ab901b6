"""`weigh export` and `weigh import`: runs to other people's programs, and their logs to runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]


def add_exchange(app: typer.Typer) -> None:
    """Give an app the two commands."""
    app.command("export")(export_command)
    app.command("import")(import_command)


def export_command(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    to: Annotated[
        Literal["inspect", "csv", "jsonl", "parquet"], typer.Option(help="A log of inspect-ai, or a table of answers.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write.", show_default="RUN.eval, RUN.csv … beside the folder")
    ] = None,
) -> None:
    """Write a run as a log that `inspect view` shows, or its answers as a table.

    The log holds the whole run: `weigh import` makes the same one of it. In CSV, text that a spreadsheet would run as a
    formula gets an apostrophe before it, which `weigh score` takes off again.
    """
    from weigh.core.errors import InputError
    from weigh.doors.terminal import print_path

    suffix = "eval" if to == "inspect" else to
    run = Path(run)
    file = out or run.resolve().with_name(f"{run.resolve().name}.{suffix}")
    if file.suffix != f".{suffix}":
        raise InputError(f"--out is {str(file)!r}; give a file that ends in .{suffix}, as --to {to} writes")
    if to == "inspect":
        from weigh.core.errors import need

        need("inspect_ai.log", "inspect")
        from weigh.doors.inspect_export import export_run

        export_run(run, file)
    else:
        from weigh.pipelines.record import read_answers, read_record

        read_record(run)
        file.parent.mkdir(parents=True, exist_ok=True)
        read_answers(run).write(file)
    print_path(file)


def import_command(
    log: Annotated[Path, typer.Argument(metavar="FILE.eval", help="A log of inspect-ai.")],
    bank: Annotated[
        str | None, typer.Option(help="Which bank was asked.", show_default="as the log's samples say")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write.", show_default="runs/LOG")] = None,
    seed: Annotated[int, typer.Option(help="Of permutations and halvings.")] = 0,
    as_json: Json = False,
) -> None:
    """Make a run folder, with its page, of a log of inspect-ai: of our tasks, of an exported run, or of yours.

    Of multiple-choice tasks whose choices serve no values it writes the answers and a bank of the samples, to which
    values can be added.
    """
    from weigh.doors import measuring
    from weigh.doors.terminal import print_json, print_path, say
    from weigh.pipelines.inspect_import import import_log
    from weigh.pipelines.record import folder_name
    from weigh.report.page import write_report

    folder = out or Path("runs") / folder_name(log.stem)
    record, read = import_log(log, folder, bank_name=bank, seed=seed)
    for note in read.notes:
        say(note)
    if record is None:
        _show_answers(read, folder, as_json=as_json)
        return
    page = write_report(folder)
    if as_json:
        found = measuring.result_of(record, None, as_json=True) | {"report": str(page), "notes": list(read.notes)}
        print_json(found)
        return
    measuring.show(record)
    print_path(page)


def _show_answers(log: Any, folder: Path, *, as_json: bool) -> None:
    from weigh.core.visible import visible
    from weigh.doors.terminal import print_json, print_path, say
    from weigh.measure._position import position_finding, statuses

    answers = log.answers()
    finding = position_finding(answers)
    if as_json:
        found = {"answers": len(answers), "statuses": statuses(answers), "position": finding.to_json()}
        print_json(found | {"folder": str(folder), "notes": list(log.notes)})
        return
    told = ", ".join(f"{n} {status}" for status, n in statuses(answers).items())
    print(visible(f"{log.who}: {len(answers)} answers ({told}). {finding.sentence}"))
    say(
        f"its choices do not say which value each serves, so there is no profile: add values to {folder / 'bank'} and "
        f"run weigh score {folder / 'bank'} {folder / 'answers.jsonl'}"
    )
    print_path(folder)
