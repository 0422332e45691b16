"""The command line in Vietnamese: its help, and what it says of a line that it does not understand."""

from __future__ import annotations

import re
from collections.abc import Sequence

import typer
from typer._click.core import Command, Context  # Typer has no other way to the form of its help
from typer._click.exceptions import NoArgsIsHelpError, UsageError
from typer._click.formatting import HelpFormatter
from typer.core import TyperArgument, TyperOption

from services.commands.help_words import HELP
from services.commands.speech import aside
from services.commands.usage_words import ABORTED, HEADINGS, MISTAKES, TRY_HELP

_EXTRA = re.compile(r"\[[^\[\]]*\]$")  # what stands behind the help of an option: [default: 50; x>=1]


def run(app: typer.Typer, words: list[str]) -> int:
    """Run the command of a line in Vietnamese; the status with which it ends."""
    command = typer.main.get_command(app)
    translate(command)
    try:
        status = command.main(words, prog_name="landmap", standalone_mode=False)
    except NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except UsageError as error:
        _tell(error)
        return error.exit_code
    except typer.Abort:
        aside.print(ABORTED.vi)
        return 1
    return status if isinstance(status, int) else 0


def translate(command: Command) -> None:
    """Put the help of a command, its options and its commands into Vietnamese."""
    command.context_class = _Context
    command.help = _paragraphs(command.help)
    for parameter in command.params:
        if isinstance(parameter, TyperArgument | TyperOption) and parameter.help:
            parameter.help = _told(parameter.help)
    for each in getattr(command, "commands", {}).values():
        translate(each)


def _paragraphs(text: str | None) -> str | None:
    return None if text is None else "\n\n".join(map(_told, text.split("\n\n")))


def _told(paragraph: str) -> str:
    """A paragraph in Vietnamese; examples and what nobody has put into Vietnamese yet stay as they are."""
    plain = " ".join(paragraph.split())
    example = f"{HEADINGS['Example'].en}: "
    if plain.startswith(example):
        return f"{HEADINGS['Example'].vi}: {plain.removeprefix(example)}"
    return HELP.get(plain, paragraph)


def mistake(text: str) -> str:
    """What the parser says of a line, in Vietnamese."""
    for pattern, vi in MISTAKES:
        text = re.sub(pattern, vi, text)
    return text


def _tell(error: UsageError) -> None:
    if error.ctx is not None:
        aside.print(error.ctx.get_usage(), markup=False, soft_wrap=True)
        aside.print(TRY_HELP.vi.format(command=error.ctx.command_path), markup=False, soft_wrap=True)
    aside.print(f"{HEADINGS['Error'].vi}: {mistake(error.format_message())}", markup=False, soft_wrap=True)


class _Formatter(HelpFormatter):
    """Headings and remarks that the library writes itself."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or f"{HEADINGS['Usage'].vi}: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(HEADINGS[heading].vi if heading in HEADINGS else heading)

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(name, _EXTRA.sub(_extra, _told(text))) for name, text in rows], col_max, col_spacing)


def _extra(found: re.Match[str]) -> str:
    text = found[0]
    for name in ("default", "required"):
        text = re.sub(rf"\b{name}\b", HEADINGS[name].vi, text, count=1)
    return text


class _Context(Context):
    """A command at work whose help is written so."""

    formatter_class = _Formatter
