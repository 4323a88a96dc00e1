"""Reads a publication and writes the site beside it, whole or not at all."""

import dataclasses
import datetime
import decimal
import hashlib
import json
import shutil
from base64 import b64encode
from functools import cache
from pathlib import Path

import click
import duckdb
import vl_convert
import yaml
from jinja2 import Environment, FileSystemLoader

from scripts.dashboards.blocks import Block, Page, Publication
from scripts.dashboards.pages import PAGES, WORDS
from scripts.options import publish_dir_option
from scripts.publish import declared_marts

TEMPLATES = Path(__file__).parent / "templates"
PROJECT = Path(__file__).resolve().parents[2]


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
    """JSON that cannot end the script element it stands in, whatever it holds."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def descriptions():
    return declared_marts()


def shown(block: Block, publication: Publication) -> list[dict]:
    """The columns of a block that are published, with what the YAML says of them."""
    described = descriptions()[block.mart].columns
    return [
        dataclasses.asdict(column) | {"description": described[column.name].description}
        for column in block.columns
        if publication.has(block.mart, column.name)
    ]


def block_data(block, publication: Publication) -> dict:
    """What the script needs to know to draw a block."""
    found = {"id": block.id, "kind": block.kind, "title": block.title}
    found["chart"] = getattr(block, "chart", None)
    found["metrics"] = block.metrics
    if isinstance(block, Block):
        found |= {
            "mart": block.mart,
            "keys": block.keys,
            "where": block.where,
            "period": block.period,
            "empty": block.empty,
            "sufficient": block.sufficient,
            "is_table_open": block.is_table_open,
            "chart_label": block.chart_label or block.keys,
            "shown": shown(block, publication),
        } | publication.block(block)
        labels = {column.name: column.label for column in block.columns}
        found["withheld"] = [labels.get(name, name) for name in found["withheld"]]
    elif block.kind == "trend":
        found |= publication.trend(block)
        found["forecasts"] = packed(found["forecasts"])
    else:
        found |= publication.figures(block)
        found["weekly"] = packed(found["weekly"])
    found["columns"] = packed(found["columns"])
    return found


def page_data(page: Page, publication: Publication) -> dict:
    """Everything the script of a page needs to know."""
    definitions = "select * from metric_definitions order by metric_order"
    return {
        "blocks": [block_data(block, publication) for block in page.blocks],
        "segments": publication.segments,
        "metrics": packed(publication.rows(definitions)),
        "words": WORDS,
        "minimum_sample": minimum_sample(),
    }


def minimum_sample() -> int:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    return project["vars"]["minimum_sample"]


@cache
def vega() -> str:
    """The JavaScript of Vega-Lite, with window.vegaEmbed at its end."""
    return vl_convert.javascript_bundle().replace("</script", "<\\/script")


def allowed(*scripts: str) -> str:
    """The scripts, as a Content-Security-Policy names them: no other one runs."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


def as_of(publication: Publication) -> str:
    found = publication.rows(
        "select max(ends_on) as day from metrics_by_window where period = 'current'"
    )
    return str(found["day"][0] or "nothing yet")


def render(page: Page, publication: Publication) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    data = page_data(page, publication)
    # With the line ends that a browser hashes.
    scripts = [vega()] if page.has_charts else []
    scripts = [text.replace("\r\n", "\n") for text in (*scripts, script())]
    return environment.get_template("page.html").render(
        page=page,
        pages=PAGES,
        as_of=as_of(publication),
        filters={name for block in data["blocks"] for name in block["filters"]},
        data=embedded(data),
        style=(TEMPLATES / "page.css").read_text(),
        scripts=scripts,
        allowed=allowed(*scripts),
    )


def script() -> str:
    return (TEMPLATES / "page.js").read_text()


def write_site(marts: Path, site: Path) -> Path:
    """Writes the pages of a published DuckDB file; returns the folder."""
    fresh, old = (site.with_name(f".{site.name}.{end}") for end in ("new", "old"))
    for left in (fresh, old):
        shutil.rmtree(left, ignore_errors=True)
    fresh.mkdir(parents=True)
    with duckdb.connect(str(marts), read_only=True) as connection:
        publication = Publication(connection)
        for page in PAGES:
            text = render(page, publication)
            (fresh / page.file).write_text(text, encoding="utf-8", newline="\n")
    if site.exists():
        site.rename(old)
    fresh.rename(site)
    shutil.rmtree(old, ignore_errors=True)
    return site


def write_pages(publish_dir: Path) -> None:
    """Writes the pages of what is published in a folder, to its folder site."""
    site = write_site(publish_dir / "marts.duckdb", publish_dir / "site")
    click.echo(f"Wrote the dashboards: open {site / 'index.html'}")


@click.command()
@publish_dir_option
def main(publish_dir: Path) -> None:
    """Write the dashboards of a publication again."""
    try:
        write_pages(publish_dir)
    except (duckdb.Error, OSError) as error:
        raise click.ClickException(str(error).splitlines()[0]) from None
