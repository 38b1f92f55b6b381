"""``signedin geo``: install IP databases, and say what is used and how old it is."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from signedin.cli.output import (
    DONE,
    REFUSED,
    complain,
    log_nothing,
    print_json,
    remark,
    say,
)
from signedin.places.file import DatabaseFile, Provider
from signedin.places.install import install
from signedin.places.locate import geo_folder
from signedin.places.reader import PlaceDatabase
from signedin.service.clock import Clock, SystemClock

# Providers publish monthly; a half month is left for fetching it.
OLD_AFTER_DAYS = 45
# The GeoLite2 licence: an old release must be gone 30 days after a newer one.
GEOLITE_DAYS = 30

_GET_DATA = (
    "get DB-IP City Lite (https://db-ip.com/db/download/ip-to-city-lite) or another city "
    "database as an .mmdb file, then: signedin geo install --from FILE"
)


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add ``geo`` and what is below it to the command line."""
    geo = commands.add_parser("geo", help="where addresses are: install IP data, see its age")
    below = geo.add_subparsers(metavar="COMMAND", required=True)

    installing = below.add_parser(
        "install",
        help="put IP databases where the server looks for them",
        description="Put IP databases where the server looks for them. A running server "
        "takes them up by itself.",
    )
    installing.add_argument(
        "--from",
        dest="source",
        type=Path,
        default=Path(),
        metavar="PATH",
        help="an .mmdb file, a folder with some, or one with node_modules (default: here)",
    )
    _add_data(installing)
    installing.set_defaults(run=run_install)

    status = below.add_parser("status", help="say which IP data is used, whose and how old")
    status.add_argument("--json", action="store_true", help="print it as JSON")
    _add_data(status)
    status.set_defaults(run=run_status)


def run_install(args: argparse.Namespace) -> int:
    """Install, and say what was installed and what was not."""
    source: Path = args.source
    folder = geo_folder(_data_folder(args))
    try:
        result = install(source, folder)
    except OSError as error:
        return _refuse(f"{folder} cannot be written: {error.strerror or error}")
    for file in result.installed:
        say(f"Installed {file.path}: {_described(file)}")
    for refused in result.refused:
        remark(f"Left out {refused.path}: {refused.why}")
    if not result.installed:
        return _refuse(f"no IP data was installed from {source.resolve()}; {_GET_DATA}")
    return DONE


def run_status(args: argparse.Namespace, clock: Clock | None = None) -> int:
    """Say what is used; refused (1) if there is no data at all."""
    log_nothing()
    folder = geo_folder(_data_folder(args))
    status = status_of(folder, (clock or SystemClock()).now().date())
    if args.json:
        print_json(status)
    else:
        _print_status(status)
    return DONE if any(file["used"] for file in status["files"]) else REFUSED


def status_of(folder: Path, today: date) -> dict[str, Any]:
    """What ``geo status --json`` prints for a folder of IP data."""
    database = PlaceDatabase(folder=folder)
    opened = database.opened()
    attribution = database.attribution
    return {
        "folder": str(folder),
        "files": [
            {
                "path": str(file.path),
                "detail": file.detail.value,
                "layout": file.layout.value,
                "ip_versions": list(file.ip_versions),
                "data_date": file.built_on.isoformat(),
                "age_days": _age(file.built_on, today),
                "used": file in opened.used,
            }
            for _, file in opened.held.values()
        ],
        "unusable": [{"path": str(file.path), "why": file.why} for file in opened.unusable],
        "attribution": None
        if attribution is None
        else {"text": attribution.text, "url": attribution.url},
        "warnings": _warnings(opened.used, today),
    }


def _warnings(used: Sequence[DatabaseFile], today: date) -> list[str]:
    if not used:
        return [
            "There is no IP data: every place but private networks shows as "
            f"“Unknown location”. To change that, {_GET_DATA}"
        ]
    age = max(_age(file.built_on, today) for file in used)
    if used[0].provider is Provider.GEOLITE and age > GEOLITE_DAYS:
        return [
            f"The GeoLite2 data is {age} days old; its licence asks for a newer release to be "
            f"used within {GEOLITE_DAYS} days. Run geoipupdate, then: "
            "signedin geo install --from FILE"
        ]
    if age > OLD_AFTER_DAYS:
        return [f"The IP data is {age} days old, and addresses move. For newer data, {_GET_DATA}"]
    return []


def _print_status(status: dict[str, Any]) -> None:
    say(f"Looked in {status['folder']}")
    for file in status["files"]:
        use = "used" if file["used"] else "not used"
        versions = " and ".join(f"IPv{version}" for version in file["ip_versions"])
        age = f"data of {file['data_date']}, {file['age_days']} days old"
        name = Path(file["path"]).name
        say(f"  {name}: {use}; {file['detail']}, {versions}, layout {file['layout']}; {age}")
    for unusable in status["unusable"]:
        say(f"  {Path(unusable['path']).name}: not used; {unusable['why']}")
    if status["attribution"] is not None:
        say(f"Pages show: {status['attribution']['text']} ({status['attribution']['url']})")
    for warning in status["warnings"]:
        remark(f"Warning: {warning}")


def _described(file: DatabaseFile) -> str:
    versions = " and ".join(f"IPv{version}" for version in file.ip_versions)
    return f"{file.detail.value}, {versions}, data of {file.built_on}"


def _age(built_on: date, today: date) -> int:
    return max(0, (today - built_on).days)


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="the data folder (default: SIGNEDIN_DATA, else ./var)",
    )


def _data_folder(args: argparse.Namespace) -> Path:
    return args.data or Path(os.environ.get("SIGNEDIN_DATA") or "var")


def _refuse(sentence: str) -> int:
    complain(sentence)
    return REFUSED
