from __future__ import annotations

from typer.testing import CliRunner

from services.cli import app

run = CliRunner().invoke


def test_a_key_is_made_and_listed_before_the_one_it_retires(url: str) -> None:
    made = run(app, ["seal", "rotate"])
    assert made.exit_code == 0, made.output
    kid = made.output.split("key ")[1][:8]
    listed = run(app, ["seal", "list"], terminal_width=200)
    assert listed.exit_code == 0
    lines = [line for line in listed.output.splitlines() if "in use" in line or "verifies only" in line]
    assert len(lines) == 2 and kid in lines[0] and "in use" in lines[0]
