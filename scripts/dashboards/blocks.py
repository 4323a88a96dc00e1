"""What a page is made of: blocks, each with the mart, the columns and the SQL behind it.

A block is a declaration. Its rows are selected from a published mart, never computed
here; the page shows the same SQL, with its filters filled in, beside every number.
"""

from dataclasses import dataclass, field

import duckdb

# Reporting windows and segments that a reader can filter by.
FILTERS = ("window_name", "dimension", "segment")
FILTER_DIMENSIONS = ("channel", "acquisition", "industry", "customer_tier", "language")
SEGMENTS_OF_A_DIMENSION = 6


@dataclass(frozen=True)
class Column:
    """A column to show; `format` names a formatter of page.js."""

    name: str
    label: str
    format: str = "text"


@dataclass(frozen=True)
class Block:
    """Rows of one mart, as a table or as a chart with that table behind it."""

    id: str
    title: str
    question: str
    mart: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    order: str
    where: str = "true"
    limit: int = 20
    chart: dict | None = None
    # What the chart needs beside the columns shown.
    chart_columns: tuple[str, ...] = ()
    empty: str = "There is nothing to show for this period and segment."
    # Column that is false where the sample is too small to be judged.
    sufficient: str | None = None
    kind: str = field(default="table", init=False)

    def names(self) -> list[str]:
        names = [*self.keys, *(column.name for column in self.columns)]
        names += [*self.chart_columns, *([self.sufficient] if self.sufficient else [])]
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Figures:
    """Metrics as large numbers, with the period before and the interval."""

    id: str
    title: str
    question: str
    metrics: tuple[str, ...]
    kind: str = field(default="figures", init=False)
    mart: str = field(default="metrics_by_window", init=False)


@dataclass(frozen=True)
class Trend:
    """Metrics by day, one at a time, with the forecast where there is one."""

    id: str
    title: str
    question: str
    metrics: tuple[str, ...]
    chart: dict
    kind: str = field(default="trend", init=False)
    mart: str = field(default="metrics_daily", init=False)


@dataclass(frozen=True)
class Page:
    file: str
    title: str
    question: str
    blocks: tuple[Block | Figures | Trend, ...]
    has_filters: bool = True

    @property
    def exposure(self) -> str:
        """Name of the dbt exposure that says which models the page needs."""
        return self.title.lower().replace(" ", "_") + "_dashboard"


class Publication:
    """The published marts, read only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'main' and not internal"
        ).fetchall()
        self.columns: dict[str, set[str]] = {}
        for table, column in columns:
            self.columns.setdefault(table, set()).add(column)

    def has(self, mart: str, column: str) -> bool:
        return column in self.columns.get(mart, ())

    def rows(self, sql: str, parameters=()) -> dict:
        """{column: values} of a query."""
        cursor = self.connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}

    def segments(self) -> list[tuple[str, str]]:
        """(dimension, segment) to filter by, the largest of each dimension first."""
        found = self.rows(
            "select dimension, segment from metrics_by_window "
            "where metric_name = 'conversations_started' and window_name = 'all' "
            "and list_contains(?, dimension) "
            "qualify row_number() over (partition by dimension "
            "order by denominator desc, segment) <= ? "
            "order by dimension, denominator desc, segment",
            [list(FILTER_DIMENSIONS), SEGMENTS_OF_A_DIMENSION],
        )
        return list(zip(found["dimension"], found["segment"], strict=True))

    def of_filters(self, mart: str) -> tuple[str, list]:
        """Condition that keeps the rows a reader can get to, with its parameters."""
        if not self.has(mart, "segment") or not self.has(mart, "dimension"):
            return "true", []
        pairs = [("all", "all"), *self.segments()]
        marks = ", ".join("(?, ?)" for _ in pairs)
        return (
            f"(dimension, segment) in ({marks})",
            [value for pair in pairs for value in pair],
        )

    def block(self, block: Block) -> dict:
        """Rows of a block for every period and segment; {} for a column withheld."""
        names = [n for n in block.names() if self.has(block.mart, n)]
        filters = [f for f in FILTERS if self.has(block.mart, f)]
        keeps, parameters = (
            self.of_filters(block.mart) if "segment" in filters else ("true", [])
        )
        if set(filters) & set(block.keys) and "dimension" in block.keys:
            # The block is about segments, so it shows them all.
            filters, keeps, parameters = ["window_name"], "true", []
            filters = [f for f in filters if self.has(block.mart, f)]
        partition = f"partition by {', '.join(filters)} " if filters else ""
        names = list(dict.fromkeys([*filters, *names]))
        found = self.rows(
            f"select {', '.join(names)} from {block.mart} "
            f"where {block.where} and {keeps} "
            f"qualify row_number() over ({partition}order by {block.order}) <= ? "
            f"order by {', '.join([*filters, block.order])}",
            [*parameters, block.limit],
        )
        return {"filters": filters, "columns": found}

    def figures(self, figures: Figures | Trend) -> dict:
        keeps, parameters = self.of_filters("metrics_by_window")
        found = self.rows(
            "select now.window_name, now.dimension, now.segment, now.metric_name, "
            "now.numerator, now.denominator, now.value, now.value_low, now.value_high, "
            "now.sample_size, before.value as previous_value "
            "from (select * from metrics_by_window where period = 'current' "
            f"and list_contains(?, metric_name) and {keeps}) as now "
            "left join (select * from metrics_by_window where period = 'previous') "
            "as before using (window_name, dimension, segment, metric_name) order by all",
            [list(figures.metrics), *parameters],
        )
        return {"filters": list(FILTERS), "columns": found}

    def trend(self, trend: Trend) -> dict:
        keeps, parameters = self.of_filters("metrics_daily")
        found = self.rows(
            "select metric_name, dimension, segment, metric_date, numerator, "
            "denominator, value from metrics_daily where list_contains(?, metric_name) "
            f"and {keeps} and metric_date > "
            "(select max(metric_date) from metrics_daily) - 120 order by all",
            [list(trend.metrics), *parameters],
        )
        forecasts = self.rows(
            "select metric_name, forecast_date, forecast, forecast_low, forecast_high, "
            "backtest_coverage from metric_forecasts "
            "where list_contains(?, metric_name) order by all",
            [list(trend.metrics)],
        )
        return {
            "filters": ["dimension", "segment"],
            "columns": found,
            "forecasts": forecasts,
        }
