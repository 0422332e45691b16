"""What pygeoapi offers beside what we expose of it: an upgrade that adds something is noticed here, and decided on."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pygeoapi
from pygeoapi.api import processes
from pygeoapi.process.manager.base import BaseManager

from services.ogc.pygeoapi import fence
from services.ogc.pygeoapi.manager import Manager
from services.ogc.pygeoapi.routes import ROUTES

METHODS = ("GET", "POST", "DELETE")
STARLETTE = Path(str(pygeoapi.__file__)).with_name("starlette_app.py")
"""Read and not imported: it takes its settings from the environment when it is."""

LEFT_OUT = {
    "/",
    "/openapi",
    "/asyncapi",
    "/conformance",
    "/TileMatrixSets",
    "/stac",
    "/stac-api",
    "/collections",
    "/admin",
}
"""Where paths begin that are answered by code of ours, or by none."""


def routes_of_pygeoapi() -> set[tuple[str, str]]:
    """Method and path of each of its routes."""
    calls = [node for node in ast.walk(ast.parse(STARLETTE.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    routes = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Route"]
    found = set()
    for route in routes:
        said = {keyword.arg: ast.literal_eval(keyword.value) for keyword in route.keywords if keyword.arg == "methods"}
        found |= {(method, ast.literal_eval(route.args[0])) for method in said.get("methods", ["GET"])}
    return found


def test_every_route_for_processes_and_jobs_is_exposed_or_left_out_on_purpose() -> None:
    theirs = {(method, path) for method, path in routes_of_pygeoapi() if "/" + path.split("/")[1] not in LEFT_OUT}
    ours = {(method, route.path) for route in ROUTES for method in route.methods or () if method in METHODS}
    renamed = {(method, re.sub(r"{(process|job)_id}", "{id}", path)) for method, path in theirs}
    assert renamed - ours == set(), "routes of pygeoapi that are not exposed"
    assert ours - renamed == {
        ("GET", "/jobs/{id}/results/{output}"),
        ("GET", "/jobs/{id}/partial"),
        ("POST", "/jobs/{id}"),
    }, "routes of ours that pygeoapi does not know"


def test_every_handler_is_taken() -> None:
    theirs = {
        name
        for name, function in inspect.getmembers(processes, inspect.isfunction)
        if function.__module__ == processes.__name__ and name != "get_oas_30"
    }
    ours = {"describe_processes", "execute_process", "get_jobs", "get_job_result", "delete_job"}
    assert theirs == ours
    assert all(getattr(fence, name) is getattr(processes, name) for name in ours)


def test_every_method_by_which_a_manager_reaches_jobs_is_ours() -> None:
    """What is left of the base class would run processes in threads, or call addresses that a caller names."""
    inherited = {
        name for name, function in inspect.getmembers(BaseManager, inspect.isfunction) if name not in vars(Manager)
    }
    assert inherited == {
        "add_job",
        "update_job",
        "_execute_handler_async",
        "_execute_handler_sync",
        "_send_in_progress_notification",
        "_send_success_notification",
        "_send_failed_notification",
        "_BaseManager__do_subscriber_request",
        "__repr__",
    }
