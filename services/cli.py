"""The `landmap` command: one screen of commands; each lives in services/commands/."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gis.errors import LandmapError
from services.commands import (
    access,
    changeset,
    coverage,
    db,
    indicators,
    layer,
    open_data,
    oversight,
    report,
    seal,
    speech,
    survey,
)
from services.commands.demo import demo_data
from services.commands.erase import erase
from services.commands.ingest import ingest
from services.commands.serve import serve
from services.commands.what_if import what_if
from services.commands.worker import job, worker

app = typer.Typer(
    name="landmap",
    help="The standing land-urban data map of a city.\n\nStart with: landmap serve --demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(db.app, name="db")
app.add_typer(layer.app, name="layer")
app.add_typer(changeset.app, name="changeset")
app.add_typer(coverage.app, name="coverage")
app.add_typer(indicators.app, name="indicators")
app.add_typer(open_data.app, name="open-data")
app.add_typer(access.agency, name="agency")
app.add_typer(access.key, name="key")
app.add_typer(access.role, name="role")
app.add_typer(oversight.restricted, name="restricted")
app.add_typer(oversight.audit, name="audit")
app.add_typer(seal.app, name="seal")
app.add_typer(report.app, name="report")
app.add_typer(survey.app, name="survey")
app.command()(oversight.usage)
app.command()(erase)
app.command()(ingest)
app.command("what-if")(what_if)
app.command("demo-data")(demo_data)
app.command()(serve)
app.command()(worker)
app.add_typer(job, name="job")


@app.callback()
def options(
    lang: Annotated[
        speech.Language | None,
        typer.Option(help="Language of what is said, anywhere on the line; else LANDMAP_LANG, else the locale's."),
    ] = None,
) -> None:
    """What holds for all commands."""
    speech.choose(lang)


def main() -> None:
    """Run a command; what Landmap raises on purpose is one sentence on stderr and exit code 1."""
    words = speech.language_first(sys.argv[1:])
    speech.choose(speech.said_first(words))
    try:
        if speech.language() is speech.Language.VI:
            from services.commands import vietnamese

            sys.exit(vietnamese.run(app, words))
        app(words)
    except LandmapError as error:
        speech.aside.print("[red]landmap:[/red] ", end="")
        speech.aside.print(error.text(speech.language()), markup=False, soft_wrap=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
