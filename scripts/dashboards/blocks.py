"""What a page is made of: blocks, each with its mart, its columns and its SQL.

A block is a declaration. Its rows are selected from a published mart, never computed
here; the page shows the same SQL, with its filters filled in, beside every number.
"""

from dataclasses import dataclass, field

import duckdb

# Reporting windows and segments that a reader can filter by.
FILTERS = ("window_name", "dimension", "segment")
FILTER_DIMENSIONS = ("channel", "acquisition", "industry", "customer_tier", "language")
SEGMENTS_OF_A_DIMENSION = 6
TREND_DAYS = 120


@dataclass(frozen=True)
class Column:
    """A column to show; `format` names a formatter of page.js."""

    name: str
    label: str
    format: str = "text"
    # (numerator, denominator), (low, high): shown small below the number.
    of: tuple[str, ...] = ()
    interval: tuple[str, ...] = ()
    # What NULL means.
    null: str = "no data"

    def names(self) -> list[str]:
        return [self.name, *self.of, *self.interval]


@dataclass(frozen=True)
class Block:
    """Rows of one mart, as a table or as a chart with that table behind it."""

    id: str
    title: str
    question: str
    mart: str
    columns: tuple[Column, ...]
    # What makes a row: the query behind a number names them.
    keys: tuple[str, ...]
    order: str
    where: str = "true"
    limit: int = 20
    # The filters of the page that the block follows, where its mart has them.
    filters: tuple[str, ...] = FILTERS
    # What it covers when it does not follow the period.
    period: str = "all time"
    # Metrics to choose one of; the block then shows the rows of that one.
    metrics: tuple[str, ...] = ()
    chart: dict | None = None
    # The table stands below the chart, not folded.
    is_table_open: bool = False
    # What the chart needs beside the columns shown, and names a row by.
    chart_columns: tuple[str, ...] = ()
    chart_label: tuple[str, ...] = ()
    empty: str = "There is nothing to show for this period and segment."
    # Column that is false where the sample is too small to be judged.
    sufficient: str | None = None
    half: bool = False
    kind: str = field(default="table", init=False)

    def names(self) -> list[str]:
        names = [*self.keys, *(n for column in self.columns for n in column.names())]
        names += [*self.chart_columns, *([self.sufficient] if self.sufficient else [])]
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Figures:
    """Metrics as large numbers, with the period before and the interval."""

    id: str
    title: str
    question: str
    metrics: tuple[str, ...]
    half: bool = field(default=False, init=False)
    kind: str = field(default="figures", init=False)
    marts: tuple[str, ...] = field(
        default=("metrics_by_window", "metrics_weekly"), init=False
    )


@dataclass(frozen=True)
class Trend:
    """Metrics by day, one at a time, with the forecast where there is one."""

    id: str
    title: str
    question: str
    metrics: tuple[str, ...]
    chart: dict
    half: bool = field(default=False, init=False)
    kind: str = field(default="trend", init=False)
    marts: tuple[str, ...] = field(
        default=("metrics_daily", "metric_forecasts"), init=False
    )


@dataclass(frozen=True)
class Page:
    file: str
    title: str
    question: str
    blocks: tuple[Block | Figures | Trend, ...]

    @property
    def exposure(self) -> str:
        """Name of the dbt exposure that says which models the page needs."""
        return self.title.lower().replace(" ", "_") + "_page"

    @property
    def has_charts(self) -> bool:
        return any(getattr(block, "chart", None) for block in self.blocks)

    @property
    def marts(self) -> set[str]:
        """Every mart that the page reads: its blocks', definitions, as-of, segments."""
        found = {"metric_definitions", "metrics_by_window"}
        for block in self.blocks:
            found |= {block.mart} if isinstance(block, Block) else set(block.marts)
        return found


class Publication:
    """The published marts, read only."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        self.columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where schema_name = 'main' and not internal"
        ).fetchall():
            self.columns.setdefault(table, set()).add(column)
        self.segments = self._segments()

    def has(self, mart: str, column: str) -> bool:
        return column in self.columns.get(mart, ())

    def rows(self, sql: str, parameters=()) -> dict[str, list]:
        """{column: values} of a query."""
        cursor = self.connection.execute(sql, list(parameters))
        names = [column[0] for column in cursor.description]
        rows = cursor.fetchall()
        return {name: [row[i] for row in rows] for i, name in enumerate(names)}

    def _segments(self) -> list[tuple[str, str]]:
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

    def _reachable(self, filters) -> tuple[str, list]:
        """Condition that keeps the rows a reader can filter to, with its parameters."""
        if "segment" not in filters:
            return "true", []
        pairs = [("all", "all"), *self.segments]
        marks = ", ".join("(?, ?)" for _ in pairs)
        return (
            f"(dimension, segment) in ({marks})",
            [value for pair in pairs for value in pair],
        )

    def block(self, block: Block) -> dict:
        """Rows of a block, for every period and segment that it follows."""
        filters = [f for f in block.filters if self.has(block.mart, f)]
        withheld = [n for n in block.names() if not self.has(block.mart, n)]
        if set(withheld) & set(block.keys):
            # Rows without what tells them apart say nothing.
            return {"filters": filters, "columns": {}, "withheld": withheld}
        names = [n for n in block.names() if self.has(block.mart, n)]
        names = list(dict.fromkeys([*filters, *names]))
        reachable, parameters = self._reachable(filters)
        apart = [*filters, *(["metric_name"] if block.metrics else [])]
        partition = f"partition by {', '.join(apart)} " if apart else ""
        found = self.rows(
            f"select {', '.join(names)} from {block.mart} "
            f"where ({block.where}) and {reachable}{_of_metrics(block)} "
            f"qualify row_number() over ({partition}order by {block.order}) <= ? "
            f"order by {', '.join([*apart, block.order])}",
            [*parameters, *block.metrics, block.limit],
        )
        return {"filters": filters, "columns": found, "withheld": withheld}

    def figures(self, figures: Figures) -> dict:
        reachable, parameters = self._reachable(FILTERS)
        metrics = list(figures.metrics)
        found = self.rows(
            "select now.window_name, now.dimension, now.segment, now.metric_name, "
            "now.numerator, now.denominator, now.value, now.value_low, now.value_high, "
            "now.sample_size, before.value as previous_value, "
            "before.value_low as previous_low, before.value_high as previous_high, "
            "before.sample_size as previous_sample_size "
            "from (select * from metrics_by_window where period = 'current' "
            f"and list_contains(?, metric_name) and {reachable}) as now left join "
            "(select * from metrics_by_window where period = 'previous') as before "
            "using (window_name, dimension, segment, metric_name) order by all",
            [metrics, *parameters],
        )
        weekly = self.rows(
            "select metric_name, value from metrics_weekly "
            "where list_contains(?, metric_name) order by metric_name, weeks_ago desc",
            [metrics],
        )
        return {"filters": list(FILTERS), "columns": found, "weekly": weekly}

    def trend(self, trend: Trend) -> dict:
        reachable, parameters = self._reachable(FILTERS)
        metrics = list(trend.metrics)
        found = self.rows(
            "select metric_name, dimension, segment, metric_date, numerator, "
            "denominator, value from metrics_daily where list_contains(?, metric_name) "
            f"and {reachable} and metric_date > "
            "(select max(metric_date) from metrics_daily) - ? order by all",
            [metrics, *parameters, TREND_DAYS],
        )
        forecasts = self.rows(
            "select metric_name, forecast_date, forecast, forecast_low, forecast_high "
            "from metric_forecasts where list_contains(?, metric_name) order by all",
            [metrics],
        )
        return {"filters": FILTERS[1:], "columns": found, "forecasts": forecasts}


def _of_metrics(block: Block) -> str:
    marks = ", ".join("?" for _ in block.metrics)
    return f" and metric_name in ({marks})" if block.metrics else ""
