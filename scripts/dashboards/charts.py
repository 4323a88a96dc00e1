"""Vega-Lite specifications. Data is named: page.js hands over the rows of the filter."""

import altair as alt

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
ROWS = alt.NamedData(name="rows")


def specification(chart: alt.TopLevelMixin) -> dict:
    found = chart.to_dict()
    found.pop("datasets", None)
    found.pop("config", None)
    return found | {"width": "container", "background": "transparent"}


def trend() -> dict:
    """Daily values as a line, what is forecast as a dashed one in its 90 % interval."""
    base = alt.Chart(ROWS).encode(x=alt.X("date:T", title=None))
    value = alt.Y("value:Q", title=None, scale=alt.Scale(zero=False))
    return specification(
        alt.layer(
            base.mark_area(opacity=0.2, color=ORANGE).encode(
                y=alt.Y("low:Q", title=None), y2="high:Q"
            ),
            base.mark_line(color=BLUE, point={"size": 18, "color": BLUE})
            .encode(y=value)
            .transform_filter("!datum.is_forecast"),
            base.mark_line(color=ORANGE, strokeDash=[5, 3])
            .encode(y=value)
            .transform_filter("datum.is_forecast"),
        ).properties(height=260)
    )


def funnel() -> dict:
    """Conversations by stage: in any order pale, in order on top of it."""
    stage = alt.Y(
        "stage:N",
        sort=alt.SortField("stage_order"),
        title=None,
        axis={"labelLimit": 120},
    )
    base = alt.Chart(ROWS).encode(y=stage)
    return specification(
        alt.layer(
            base.mark_bar(color=BLUE, opacity=0.35).encode(
                x=alt.X("conversations:Q", title="conversations")
            ),
            base.mark_bar(color=BLUE, height={"band": 0.45}).encode(
                x="conversations_in_order:Q"
            ),
        ).properties(height=alt.Step(30))
    )


def shares(x: str, y: str, order: str, color: str | None = None) -> dict:
    """Bars of shares, side by side where there is a colour."""
    encodings = {
        "x": alt.X(f"{x}:Q", title=None, axis=alt.Axis(format="%")),
        "y": alt.Y(f"{y}:N", sort=alt.SortField(order), title=None),
    }
    chart = alt.Chart(ROWS)
    if color:
        encodings["color"] = alt.Color(
            f"{color}:N", title=None, scale=alt.Scale(range=[BLUE, ORANGE, GREEN])
        )
        encodings["yOffset"] = f"{color}:N"
        return specification(
            chart.mark_bar().encode(**encodings).properties(height=260)
        )
    return specification(
        chart.mark_bar(color=BLUE).encode(**encodings).properties(height=alt.Step(24))
    )


def intervals(
    value: str, low: str, high: str, label: str, rule: float, log=False
) -> dict:
    """A point with its interval a row, and the line at which nothing differs."""
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    base = alt.Chart(ROWS).encode(
        y=alt.Y(f"{label}:N", title=None, sort=None, axis={"labelLimit": 260})
    )
    return specification(
        alt.layer(
            alt.Chart(ROWS)
            .mark_rule(strokeDash=[4, 3], color="gray")
            .encode(x=alt.XDatum(rule)),
            base.mark_rule(color=BLUE, strokeWidth=2).encode(
                x=alt.X(f"{low}:Q", title=None, scale=scale), x2=f"{high}:Q"
            ),
            base.mark_point(color=BLUE, filled=True, size=60).encode(
                x=alt.X(f"{value}:Q", title=None, scale=scale)
            ),
        ).properties(height=alt.Step(24))
    )


def survival() -> dict:
    """Share still waiting by hours since the start."""
    return specification(
        alt.Chart(ROWS)
        .transform_calculate(hours="datum.wait_seconds / 3600")
        .mark_line(interpolate="step-after")
        .encode(
            x=alt.X("hours:Q", title="hours since the start"),
            y=alt.Y("survival:Q", title="still waiting", axis=alt.Axis(format="%")),
            color=alt.Color(
                "event_name:N",
                title=None,
                scale=alt.Scale(range=[BLUE, ORANGE, GREEN, "#cc79a7"]),
            ),
        )
        .properties(height=260)
    )


def cohorts() -> dict:
    """Share of a week's customers that came back, by weeks since."""
    return specification(
        alt.Chart(ROWS)
        .mark_rect()
        .encode(
            x=alt.X("weeks_since:O", title="weeks since the first conversation"),
            y=alt.Y(
                "cohort_week:T", timeUnit="yearmonthdate", type="ordinal", title=None
            ),
            color=alt.Color(
                "active_rate:Q",
                title="active",
                scale=alt.Scale(scheme="blues"),
                legend=alt.Legend(format="%"),
            ),
        )
        .properties(height=alt.Step(22))
    )
