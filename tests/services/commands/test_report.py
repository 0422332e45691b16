from __future__ import annotations

import psycopg
from typer.testing import CliRunner

from gis.errors import NotFound
from gis.model.layer import Text
from gis.model.report import Category, Contact, Told
from gis.store.reports import report_sql
from gis.store.runner import run as ask
from services.cli import app

run = CliRunner().invoke

LAND = Category("land", Text("Đất đai", "Land"), Text("…", "…"), "so-dat", "Sở Đất")


def test_personal_data_of_a_report_are_erased_step_by_step(url: str) -> None:
    told = Told(LAND, 106.7, 10.7, "NOIDUNG", "DIACHI", Contact("HOTEN", None, None), b"ANH")

    def kept(db: psycopg.Connection) -> tuple[int, int, int]:
        row = db.execute(
            """SELECT (SELECT count(*) FROM landmap.report_contact), (SELECT count(*) FROM landmap.report_photo),
                   (SELECT count(*) FROM landmap.report_told WHERE description IS NOT NULL OR address IS NOT NULL)"""
        ).fetchone()
        assert row is not None
        return row

    with psycopg.connect(url, autocommit=True) as db:
        ask(db, report_sql("PA-0000000A", told, ("public", "public"), None))
        assert kept(db) == (1, 1, 1)
        done = run(app, ["report", "erase", "pa-0000000a"])
        assert done.exit_code == 0, done.output
        assert "PA-0000000A" in done.output
        assert kept(db) == (0, 1, 1)
        assert run(app, ["report", "erase", "PA-0000000A", "--everything"]).exit_code == 0
        assert kept(db) == (0, 0, 0)
        reasons = db.execute(
            "SELECT reason FROM landmap.report_event WHERE kind = 'erased' ORDER BY version"
        ).fetchall()
        assert reasons == [("contact",), ("everything",)]


def test_a_report_that_is_not_there_is_said(url: str) -> None:
    for number in ("PA-ZZZZZZZZ", "nothing"):
        assert isinstance(run(app, ["report", "erase", number]).exception, NotFound)
