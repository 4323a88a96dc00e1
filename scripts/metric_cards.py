"""Writes docs/metrics.md, one card a metric, from marts.metric_definitions.

The declarations in macros/metrics/metrics.sql are the source; this only prints them.
"""

from pathlib import Path

import click
import duckdb
from jinja2 import Environment

from scripts.options import warehouse_option

PAGE = """\
# Metrics

One card a metric, made by `make metric-cards` from the declarations in
`macros/metrics/metrics.sql`; measures are in `macros/metrics/measures.sql`. A metric is
`sum(numerator) / sum(denominator)` over conversations, in any roll-up. Without a
denominator its value is NULL, which is not zero.
{% for document, metrics in groups %}
## {{ document | capitalize }}
{% for m in metrics %}
### {{ m.metric_name }}

{{ m.label }}. {{ m.definition }}

| | |
|---|---|
| value | {{ "the numerator" if m.kind == "total" else "numerator / denominator" }} |
| numerator | sum of `{{ m.numerator_measure }}` |
| denominator | sum of `{{ m.denominator_measure }}` |
| unit | {{ m.unit }} |
| better | {{ better[m.better_direction] }} |
| NULL | where the sum of `{{ m.denominator_measure }}` is 0 |
| interval | {{ interval(m) }} |
| no row | without a conversation in `{{ m.population_measure }}` |
{%- if m.notes %}
| others differ | {{ m.notes }} |
{%- endif %}
{% endfor %}
{%- endfor %}"""


def interval(metric: dict) -> str:
    if metric["kind"] == "total":
        return "none: it is a count or a sum"
    return "Wilson" if metric["is_share"] else "delta method at the conversation"


def cards(warehouse: Path) -> str:
    """The text of docs/metrics.md for the metrics of a built warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        cursor = connection.execute(
            "select * from marts.metric_definitions order by metric_order"
        )
        names = [column[0] for column in cursor.description]
        metrics = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    documents = dict.fromkeys(metric["document"] for metric in metrics)
    groups = [
        (document, [m for m in metrics if m["document"] == document])
        for document in documents
    ]
    template = Environment(keep_trailing_newline=True).from_string(PAGE)
    better = {"up": "higher", "down": "lower", "none": "neither"}
    return template.render(groups=groups, interval=interval, better=better)


@click.command()
@warehouse_option("that is built")
@click.option(
    "--out",
    default="docs/metrics.md",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
)
def main(warehouse: Path, out: Path) -> None:
    """Write one card a metric to docs/metrics.md."""
    out.write_text(cards(warehouse))


if __name__ == "__main__":
    main()
