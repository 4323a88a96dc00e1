"""Reads a publication and writes the site beside it, whole or not at all."""

import datetime
import decimal
import json
import shutil
from functools import cache
from pathlib import Path

import click
import duckdb
import vl_convert
from jinja2 import Environment, FileSystemLoader

from scripts.dashboards.blocks import Block, Page, Publication
from scripts.dashboards.pages import PAGES
from scripts.publish import declared_marts

TEMPLATES = Path(__file__).parent / "templates"


def plain(value):
    """A value as JSON has it."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, float):
        # 12 digits are more than any figure means, and half the bytes of 17.
        return float(f"{value:.12g}") if value == value else None
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value


def packed(columns: dict[str, list]) -> dict:
    """{column: values}, repeated text as numbers of a dictionary."""
    found = {}
    for name, values in columns.items():
        values = [plain(value) for value in values]
        distinct = list(dict.fromkeys(values))
        if (
            any(isinstance(v, str) for v in distinct)
            and len(distinct) < len(values) / 2
        ):
            number = {value: i for i, value in enumerate(distinct)}
            found[name] = {"of": distinct, "is": [number[value] for value in values]}
        else:
            found[name] = values
    return found


def embedded(data) -> str:
    """JSON that cannot end the script element it stands in, whatever customers wrote."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def page_data(page: Page, publication: Publication) -> dict:
    """Everything the script of a page needs to know."""
    marts = declared_marts()
    blocks = []
    for block in page.blocks:
        found = {
            "id": block.id,
            "kind": block.kind,
            "mart": block.mart,
            "title": block.title,
        }
        if isinstance(block, Block):
            described = marts[block.mart].columns
            rows = publication.block(block)
            found |= {
                "keys": [k for k in block.keys if publication.has(block.mart, k)],
                "shown": [
                    {
                        "name": column.name,
                        "label": column.label,
                        "format": column.format,
                        "description": described[column.name].description,
                    }
                    for column in block.columns
                    if publication.has(block.mart, column.name)
                ],
                "where": block.where,
                "withheld": [
                    name
                    for name in (*block.keys, *(c.name for c in block.columns))
                    if not publication.has(block.mart, name)
                ],
                "empty": block.empty,
                "sufficient": block.sufficient,
            }
        elif block.kind == "trend":
            rows = publication.trend(block)
            rows["forecasts"] = packed(rows["forecasts"])
        else:
            rows = publication.figures(block)
        found |= rows
        found["columns"] = packed(found["columns"])
        found["chart"] = getattr(block, "chart", None)
        if hasattr(block, "metrics"):
            found["metrics"] = list(block.metrics)
        blocks.append(found)
    definitions = publication.rows(
        "select * from metric_definitions order by metric_order"
    )
    return {
        "blocks": blocks,
        "segments": publication.segments() if page.has_filters else [],
        "metrics": packed(definitions),
        "minimum_sample": 30,
    }


@cache
def vega() -> str:
    """The JavaScript of Vega-Lite, with window.vegaEmbed at its end."""
    return vl_convert.javascript_bundle().replace("</script", "<\\/script")


def as_of(publication: Publication) -> str:
    found = publication.rows(
        "select max(ends_on) as day from metrics_by_window where period = 'current'"
    )
    return str(found["day"][0] or "nothing yet")


def write_site(marts: Path, site: Path) -> Path:
    """Writes the pages of a published DuckDB file; returns the folder."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    template = environment.get_template("page.html")
    fresh = site.with_name(site.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with duckdb.connect(str(marts), read_only=True) as connection:
        publication = Publication(connection)
        for page in PAGES:
            text = template.render(
                page=page,
                pages=PAGES,
                as_of=as_of(publication),
                data=embedded(page_data(page, publication)),
                style=(TEMPLATES / "page.css").read_text(),
                script=(TEMPLATES / "page.js").read_text(),
                vega=vega(),
            )
            (fresh / page.file).write_text(text, encoding="utf-8")
    old = site.with_name(site.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)
    return site


@click.command()
@click.option(
    "--publish-dir",
    envvar="PUBLISH_DIR",
    default="var/published",
    show_default=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of a publication; the pages go to its folder site. [env PUBLISH_DIR]",
)
def main(publish_dir: Path) -> None:
    """Write the dashboards of a publication."""
    site = write_site(publish_dir / "marts.duckdb", publish_dir / "site")
    click.echo(f"Open {site / 'index.html'}")
