"""The command line. Each command imports what it needs when it runs, so that `--help` is instant."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from weigh._version import __version__
from weigh.core.errors import InputError
from weigh.doors.commands import add_commands, renaming, run_or_explain
from weigh.doors.exchange import add_exchange

app = typer.Typer(
    name="weigh",
    help="Turns evidence about what matters into values, and values into choices.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Model = Annotated[
    list[str],
    typer.Option(
        "--model",
        "-m",
        help="smol, hf:FOLDER, http(s)://HOST/v1#MODEL, inspect:PROVIDER/MODEL, recorded:FILE, "
        "scripted:MODULE:FUNCTION, people:CSV; several",
    ),
]
Banks = Annotated[list[str] | None, typer.Argument(help="Names or paths of question banks.", show_default="core")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
Seed = Annotated[int, typer.Option(help="Of permutations, halvings and sampled judges.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="An option of a published instrument; repeatable."),
]
Method = Annotated[
    str | None,
    typer.Option(
        help="Instrument that asks and scores, such as daily_dilemmas.", show_default="as the bank's card says"
    ),
]
Map = Annotated[list[str] | None, typer.Option("--map", help="theirs=ours: rename a column; repeatable.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"weigh {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def measure(
    banks: Banks = None,
    model: Model = ["smol"],  # noqa: B006  typer copies it
    instrument: Annotated[
        Literal["auto", "stated", "evaluative", "fast"], typer.Option(help="How to ask; auto tries stated first.")
    ] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder of the run.", show_default="runs/BANK-MODEL")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many dilemmas, balanced over values.")] = None,
    all: Annotated[bool, typer.Option("--all", help="Ask every dilemma of the bank.")] = False,
    seed: Seed = 0,
    fresh: Annotated[
        bool, typer.Option("--fresh/--resume", help="Set an earlier run in the folder aside, or go on with it.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be asked, ask nothing.")] = False,
    precision: Annotated[Literal["auto", "fp32", "bf16"], typer.Option(help="Of a local model's body.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.", show_default="as many as are idle")] = None,
    samples: Annotated[
        int | None,
        typer.Option(min=1, help="Replies an order, where a server gives no probabilities.", show_default="10"),
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(min=1, help="Requests to a server at once, at most.", show_default="32")
    ] = None,
    max_calls: Annotated[int | None, typer.Option(min=1, help="Requests to a server in all, at most.")] = None,
    max_cost: Annotated[float | None, typer.Option(min=0, help="Money for a server at most; needs prices.")] = None,
    price_in: Annotated[float | None, typer.Option(min=0, help="Price of a million tokens of prompt.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Price of a million tokens of reply.")] = None,
    map: Map = None,
    condition: Annotated[
        list[Path] | None,
        typer.Option(
            "--condition",
            metavar="FILE.toml",
            help="Treatments to compare with none, as tables [condition.NAME]; repeatable.",
        ),
    ] = None,
    method: Method = None,
    set: Set = None,
    reader: Annotated[
        str | None,
        typer.Option(help="Judge that reads free text, for instruments that need one.", show_default="the model"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what a model gives priority to, and write a page about it.

    The run lies in one folder: report.html, run.json, answers.jsonl, values.parquet. After an interruption the same
    command goes on where it stopped.
    """
    from weigh.core.ledger import archive
    from weigh.doors import measuring
    from weigh.doors.terminal import print_json, print_path, say
    from weigh.judges import open_judge
    from weigh.pipelines.conditions import read_all
    from weigh.pipelines.instruments import bank_for
    from weigh.pipelines.record import folder_name
    from weigh.pipelines.score import default_folder
    from weigh.report.page import write_report

    if limit is not None and all:
        raise InputError("--limit and --all contradict each other; give one of them")
    opening: dict[str, Any] = {"precision": precision, "threads": threads, "map": _renamed(map), "say": say}
    opening["server"] = _server_options(
        model, seed, samples=samples, concurrency=concurrency, max_calls=max_calls, max_cost=max_cost,
        price_in=price_in, price_out=price_out,
    )  # fmt: skip
    treatments = read_all(condition) if condition else ()
    chosen = [bank_for(name, method) for name in banks or ["core"]]
    many = len(chosen) * len(model) > 1
    results: dict[str, Any] = {}
    for judge, bank in ((open_judge(spec, **opening), bank) for spec in model for bank in chosen):
        n = None if all else limit or bank.card.default or None
        how = {"instrument": instrument, "limit": n, "options": measuring.settings(set)}
        name = f"{judge.name} × {bank.name}"
        if dry_run:
            results[name] = measuring.plan(judge, bank, treatments, **how)
            continue
        label = f"{judge.name}-conditions" if treatments else judge.name
        folder = default_folder(bank.name, label) if out is None else out
        if many and out is not None:
            folder = out / folder_name(bank.name, judge.name)
        aside = archive(folder) if fresh else None
        if aside:
            say(f"the earlier run is now in {aside}")
        measuring.warn_if_slow(judge, bank, treatments, **how)
        second = open_judge(reader, **opening) if reader else None
        record = measuring.run(judge, bank, folder, treatments, **how, reader=second, seed=seed)
        page = write_report(folder)
        if not as_json:
            measuring.show(record)
            print_path(page)
        found = measuring.result_of(record, folder, as_json=as_json)
        results[name] = {**found, "report": str(page), "status": record["status"]}
        if record["status"] == "interrupted":
            break
    if as_json or dry_run:
        print_json(results if many else next(iter(results.values())))
    if any(one.get("status") == "interrupted" for one in results.values()):
        raise typer.Exit(130)


@app.command()
def gate(
    path: Annotated[Path, typer.Argument(help="A run's folder, a file of recorded answers, or a log of inspect-ai.")],
    bank: Annotated[str | None, typer.Option(help="Which bank a file's answers belong to.")] = None,
    map: Map = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Judge a run or recorded answers: do they measure anything?

    Exits with 0 where a profile may be shown, with 1 where none may.
    """
    from weigh.core.visible import visible
    from weigh.doors.terminal import console, print_findings, print_json, print_verdict
    from weigh.pipelines.score import judge_path

    verdicts = judge_path(path, bank, _renamed(map), seed=seed)
    if as_json:
        found = {who: verdict.to_json() for who, verdict in verdicts.items()}
        print_json(found if len(found) > 1 else next(iter(found.values())))
    else:
        for who, verdict in verdicts.items():
            console().print(visible(who), markup=False, style="bold")
            print_verdict(verdict.to_json())
            print_findings([finding.to_json() for finding in verdict.findings])
    if not all_shown(verdicts):
        raise typer.Exit(1)


def all_shown(verdicts: Mapping[str, Any]) -> bool:
    """Whether every judge's profile may be shown."""
    return all(verdict.shown for verdict in verdicts.values())


@app.command()
def score(
    bank: Annotated[str, typer.Argument(help="Name or path of a bank, or name of a published instrument.")],
    answers: Annotated[Path, typer.Argument(help="CSV, Parquet or JSON lines: question, choice[, order, p, model …].")],
    out: Annotated[Path | None, typer.Option(help="Also write a run folder with its page.")] = None,
    map: Map = None,
    method: Method = None,
    set: Set = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Values from recorded answers, with no model at hand."""
    from weigh.doors import measuring
    from weigh.doors.terminal import print_json, print_path
    from weigh.pipelines.record import folder_name
    from weigh.report.page import write_report

    def folder(who: str, several: bool) -> Path | None:
        return out / folder_name(who) if out is not None and several else out

    records = measuring.score(
        bank, answers, method=method, columns=_renamed(map), options=measuring.settings(set), folder=folder, seed=seed
    )
    by: dict[str, Any] = {}
    for who, record in records.items():
        by[who] = measuring.result_of(record, None, as_json=as_json)
        if "position" in record:
            by[who]["position"] = record["position"]
        if not as_json:
            measuring.show(record)
        at = folder(who, len(records) > 1)
        if at is not None:
            by[who]["report"] = str(write_report(at))
            if not as_json:
                print_path(by[who]["report"])
    if as_json:
        print_json({"by": by} if len(by) > 1 else next(iter(by.values())))


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of two runs or more; the first is held against each.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the page.", show_default="runs/compare-RUN-RUN…")] = None,
    only_different: Annotated[
        bool, typer.Option("--only-different", help="Show only values that differ, here and in the page's address.")
    ] = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare runs on one bank, question by question: what differs, and what could have been seen.

    The first run is held against each of the others. Writes compare.html and compare.json.
    """
    from weigh.doors.comparison import show_comparison
    from weigh.doors.terminal import print_json
    from weigh.pipelines.compare import compare as run
    from weigh.pipelines.record import folder_name

    record = run(runs, seed=seed)
    folder = out or Path("runs") / folder_name("compare", *(path.resolve().name for path in runs))
    found = show_comparison(record, folder, as_json=as_json, only_different=only_different)
    if as_json:
        print_json(found)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run's folder.")],
    no_questions: Annotated[
        bool, typer.Option("--no-questions", help="Only the front page, where questions may not be published.")
    ] = False,
) -> None:
    """Write a run's page anew, from what its folder holds."""
    from weigh.doors.terminal import print_path
    from weigh.report.page import write_report

    print_path(write_report(run, questions=not no_questions))


@app.command()
def view(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of runs.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Look at a folder of runs in the browser, until Ctrl-C; only you on this machine can open it."""
    from weigh.doors.view import view as serve

    serve(folder, port=port, browser=not no_browser)


@app.command()
def banks(
    name: Annotated[
        str | None, typer.Argument(help="One bank, for its card; or get, to fetch a published one.")
    ] = None,
    published: Annotated[str | None, typer.Argument(help="After get: which published set.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Check the bank's balance; exits with 1 where it lacks.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="With --check: who scores the options' fluency, such as smol.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FOLDER", help="With get: your own folder of its files.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the question banks, show one bank's card, check its balance, or get a published set."""
    from weigh.doors import shelf

    if name == "get":
        shelf.get(published, source)
    elif published is not None or source is not None:
        raise InputError("a second name and --from are for `weigh banks get NAME`")
    elif check:
        if not shelf.check(name, model, as_json=as_json):
            raise typer.Exit(1)
    elif name:
        shelf.show(name, as_json=as_json)
    else:
        shelf.listed(as_json=as_json)


@app.command()
def methods(
    name: Annotated[str | None, typer.Argument(help="One method, for its card.")] = None, as_json: Json = False
) -> None:
    """List the methods, or show one method's card."""
    from dataclasses import asdict

    from rich.table import Table

    from weigh.core.method import catalogue, extensions, find
    from weigh.core.visible import visible
    from weigh.doors.terminal import console, print_json, say

    cards = [find(name)] if name else list(catalogue().values())
    if as_json:
        found = [asdict(card) for card in cards]
        print_json(found[0] if name else found)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    if name:
        for key, value in asdict(cards[0]).items():
            table.add_row(key, visible(value))
        table.show_header = False
    else:
        for column in ("method", "takes", "gives", "what it does"):
            table.add_column(column)
        for card in cards:
            table.add_row(*map(visible, (card.address, ", ".join(card.takes), card.gives, card.summary)))
    console().print(table, markup=False)
    for trouble in extensions()[1].values():
        say(trouble)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, which judges can run, and what the processor can do."""
    from weigh.doors.doctor import examine, print_examination
    from weigh.doors.terminal import print_json

    found = examine()
    if as_json:
        print_json(found)
    else:
        print_examination(found)


def _server_options(model: list[str], seed: int, **flags: Any) -> Any:
    from weigh.judges.server_limits import ServerOptions

    given = {name: value for name, value in flags.items() if value is not None}
    if given and not any(spec.startswith(("http:", "https:", "inspect:")) for spec in model):
        first = next(iter(given)).replace("_", "-")
        raise InputError(
            f"--{first} is for servers and providers; give --model http(s)://HOST/v1#MODEL or inspect:PROVIDER/MODEL, "
            "or leave it out"
        )
    return ServerOptions(seed=seed, **given)


def _renamed(pairs: list[str] | None) -> dict[str, str] | None:
    return dict(map(renaming, pairs)) if pairs else None


add_exchange(app)
add_commands(app)


def main() -> None:
    """Run a command; what goes wrong on purpose is one sentence on stderr and exit code 2."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    run_or_explain(app)


if __name__ == "__main__":
    main()
