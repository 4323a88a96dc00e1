"""Options that several commands have: one name, variable and default each."""

from pathlib import Path

import click


def exports_dir_option(function):
    return click.option(
        "--exports-dir",
        envvar="EXPORTS_DIR",
        default="exports",
        show_default=True,
        type=click.Path(path_type=Path),
        help="Folder with events/, conversations/, support_metrics/. [env EXPORTS_DIR]",
    )(function)


def warehouse_option(what: str, exists: bool = True):
    """`what` says what the command does with the DuckDB file."""
    return click.option(
        "--warehouse",
        envvar="WAREHOUSE_PATH",
        default="var/warehouse.duckdb",
        show_default=True,
        type=click.Path(dir_okay=False, exists=exists, path_type=Path),
        help=f"DuckDB file {what}. [env WAREHOUSE_PATH]",
    )


def publish_dir_option(function):
    return click.option(
        "--publish-dir",
        envvar="PUBLISH_DIR",
        default="var/published",
        show_default=True,
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of what BI tools open, the pages in it. [env PUBLISH_DIR]",
    )(function)
