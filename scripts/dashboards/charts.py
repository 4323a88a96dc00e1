"""Vega-Lite specifications. page.js hands over the rows that the filters leave."""

import altair as alt

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN, PINK = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ROWS = alt.NamedData(name="rows")
SECONDS = (
    "datum.value < 60 ? datum.value + ' s' : datum.value < 3600 ? datum.value / 60 + "
    "' min' : datum.value < 86400 ? datum.value / 3600 + ' h' : "
    "datum.value / 86400 + ' d'"
)


def specification(chart: alt.TopLevelMixin) -> dict:
    found = chart.to_dict()
    found.pop("datasets", None)
    found.pop("config", None)
    return found | {
        "width": "container",
        "background": "transparent",
        "autosize": {"type": "fit-x", "contains": "padding"},
    }


def trend() -> dict:
    """Daily values as a line, what is forecast as a dashed one in its 90 % interval."""
    base = alt.Chart(ROWS).encode(
        x=alt.X(
            "date:T",
            title=None,
            axis=alt.Axis(
                format="%-d %b", grid=False, tickCount=8, labelOverlap="greedy"
            ),
        )
    )
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    return specification(
        alt.layer(
            base.mark_area(opacity=0.2, color=ORANGE).encode(
                y=alt.Y("low:Q", title=None), y2="high:Q"
            ),
            base.mark_line(color=BLUE, point={"size": 22, "color": BLUE}, tooltip=True)
            .encode(y=value)
            .transform_filter("!datum.is_forecast"),
            base.mark_line(color=ORANGE, strokeDash=[5, 3], tooltip=True)
            .encode(y=value)
            .transform_filter("datum.is_forecast"),
        ).properties(height=260)
    )


def funnel() -> dict:
    """Conversations by stage: in any order pale, in order on top of it."""
    base = alt.Chart(ROWS).encode(
        y=alt.Y("stage:N", sort=alt.SortField("stage_order"), title=None)
    )
    return specification(
        alt.layer(
            base.mark_bar(color=BLUE, opacity=0.35, tooltip=True).encode(
                x=alt.X("conversations:Q", title="conversations")
            ),
            base.mark_bar(color=BLUE, height={"band": 0.45}, tooltip=True).encode(
                x="conversations_in_order:Q"
            ),
        ).properties(height=alt.Step(34))
    )


def shares(x: str, y: str, order: str, color: str | None = None) -> dict:
    """Bars of shares, side by side where there is a colour."""
    chart = alt.Chart(ROWS).encode(
        x=alt.X(f"{x}:Q", title=None, axis=alt.Axis(format=".0%", tickCount=5)),
        y=alt.Y(
            f"{y}:N",
            sort=alt.SortField(order),
            title=None,
            axis=alt.Axis(labelLimit=220),
        ),
    )
    if not color:
        bars = chart.mark_bar(color=BLUE, tooltip=True)
        return specification(bars.properties(height=alt.Step(34)))
    return specification(
        chart.mark_bar(tooltip=True)
        .encode(
            color=alt.Color(
                f"{color}:N",
                title=None,
                scale=alt.Scale(range=[BLUE, ORANGE, GREEN]),
                legend=alt.Legend(orient="top"),
            ),
            yOffset=f"{color}:N",
        )
        .properties(height=300)
    )


def intervals(value: str, low: str, high: str, rule: float, log: bool = False) -> dict:
    """A point with its interval a row, and the line at which nothing differs."""
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    base = alt.Chart(ROWS).encode(
        y=alt.Y("row_label:N", title=None, sort=None, axis=alt.Axis(labelLimit=320))
    )
    return specification(
        alt.layer(
            alt.Chart(ROWS)
            .mark_rule(strokeDash=[4, 3], color="gray")
            .encode(x=alt.XDatum(rule)),
            base.mark_rule(color=BLUE, strokeWidth=2, tooltip=True).encode(
                x=alt.X(f"{low}:Q", title=None, scale=scale), x2=f"{high}:Q"
            ),
            base.mark_point(color=BLUE, filled=True, size=70, tooltip=True).encode(
                x=alt.X(f"{value}:Q", title=None, scale=scale)
            ),
        ).properties(height=alt.Step(26))
    )


def survival() -> dict:
    """Share still waiting by the time since the start, on a logarithmic axis."""
    return specification(
        alt.Chart(ROWS)
        .transform_filter("datum.wait_seconds >= 1")
        .mark_line(interpolate="step-after", tooltip=True)
        .encode(
            x=alt.X(
                "wait_seconds:Q",
                title="since the start",
                scale=alt.Scale(type="log"),
                axis=alt.Axis(
                    values=[10, 60, 600, 3600, 21600, 86400, 604800],
                    labelExpr=SECONDS,
                ),
            ),
            y=alt.Y("survival:Q", title=None, axis=alt.Axis(format=".0%")),
            color=alt.Color(
                "row_label:N",
                title=None,
                scale=alt.Scale(range=[BLUE, ORANGE, GREEN, PINK]),
                legend=alt.Legend(orient="top", columns=2, labelLimit=320),
            ),
        )
        .properties(height=280)
    )


def cohorts() -> dict:
    """Share of a week's customers that came back, by weeks since."""
    return specification(
        alt.Chart(ROWS)
        .transform_filter("datum.weeks_since > 0")
        .mark_rect(tooltip=True)
        .encode(
            x=alt.X(
                "weeks_since:O",
                title="weeks since the first conversation",
                axis=alt.Axis(labelAngle=0),
            ),
            y=alt.Y("cohort_week:O", title=None),
            color=alt.Color(
                "active_rate:Q",
                title="came back",
                scale=alt.Scale(scheme="blues"),
                legend=alt.Legend(format=".0%"),
            ),
        )
        .properties(height=alt.Step(26))
    )
