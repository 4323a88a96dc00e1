"""Do the statistics keep what they promise? Seeded simulations of the macros' SQL.

    python -m benchmarks.statistics

writes docs/statistics.md. numpy draws the conversations and sums them, as a roll-up
does; everything after that is the SQL that the models run, on DuckDB.
"""

import time

import numpy as np

from benchmarks.macros import PROJECT, query

SUMS = ["sample_size", "numerator", "denominator", "sum_xx", "sum_yy", "sum_xy"]
# What a conversation adds to a metric: (name, is_share, draw of x).
METRICS = [
    ("share of 50 %", True, lambda dice, size: dice.random(size) < 0.5),
    ("share of 10 %", True, lambda dice, size: dice.random(size) < 0.1),
    ("count, mean 3", False, lambda dice, size: dice.poisson(3, size)),
    ("seconds, skewed", False, lambda dice, size: dice.gamma(0.5, 200, size)),
    ("revenue, 5 % have any", False, lambda dice, size: revenue(dice, size)),
]
COMPARED = """
    compared as (
        select *, {{ has_enough_sample() }} as has_enough_sample
        from ({{ compared_ratios('sides') }})
    )
"""
ADJUSTED = "{{ adjusted_p_values('gated', 'tested', ['run']) }}"
WELCH_DF = (
    "{{ welch_df('variance', 'sample_size', 'base_variance', 'base_sample_size') }}"
)
WELCH_P = "{{ student_t_p('t', 'df') }}"
ADJUSTED_WELCH = "{{ adjusted_p_values('by_welch', 'welch_p', ['run']) }}"
ANYTIME = "{{ anytime_p('test_statistic', '(sample_size + base_sample_size)') }}"


def revenue(dice, size):
    return (dice.random(size) < 0.05) * dice.uniform(500, 20_000, size)


def sums(x, axis, y=None):
    """The six sums over an axis of what conversations add."""
    x = x.astype(float)
    y = np.ones_like(x) if y is None else y.astype(float)
    six = ((y != 0), x, y, x * x, y * y, x * y)
    return {name: each.sum(axis=axis) for name, each in zip(SUMS, six, strict=True)}


def sides(is_share, ours, base):
    """The table that compared_ratios takes, of sums of shape (runs, places)."""
    runs, places = np.indices(ours["numerator"].shape)
    table = {"run": runs.ravel(), "place": places.ravel()}
    table["is_share"] = np.full(runs.size, is_share)
    for name in SUMS:
        table[name] = ours[name].ravel()
        table[f"base_{name}"] = base[name].ravel()
    return table


def equal_segments():
    """False finds among 20 segments that do not differ."""
    rows, runs, segments = [], 1000, 20
    for name, is_share, draw in METRICS:
        for size in (30, 100, 500):
            dice = np.random.default_rng(1)
            ours = sums(draw(dice, (runs, segments, size)), axis=2)
            rest = {k: v.sum(axis=1, keepdims=True) - v for k, v in ours.items()}
            found = query(
                f"""
                with {COMPARED},
                gated as (
                    select *, case when has_enough_sample then p_value end as tested
                    from compared
                ),
                adjusted as ({ADJUSTED}),
                by_welch as (
                    select run, {WELCH_P} as welch_p from (
                        select
                            run,
                            difference / sqrt(variance + base_variance) as t,
                            {WELCH_DF} as df
                        from compared
                        where variance > 0 and base_variance > 0
                    )
                ),
                adjusted_welch as ({ADJUSTED_WELCH})
                select
                    run,
                    max(case when tested <= 0.05 then 1 else 0 end) as plain,
                    max(case when q_value <= 0.05 then 1 else 0 end) as bh,
                    max(case when p_holm <= 0.05 then 1 else 0 end) as holm,
                    max((
                        select min(q_value) from adjusted_welch as other
                        where other.run = adjusted.run
                    )) <= 0.05 as welch
                from adjusted group by run
                """,
                sides=sides(is_share, ours, rest),
            )
            shares = [
                percent(found[c].mean()) for c in ("plain", "bh", "holm", "welch")
            ]
            rows.append([name, size, *shares])
    head = ["metric", "conversations a segment", "p <= 0.05", "BH", "Holm"]
    head.append("BH on Welch's t-test")
    return head, rows


def looks(is_share, a, b):
    """What an experiment shows at each look: p-values, from cumulated daily sums."""
    found = query(
        f"""
        with {COMPARED}
        select
            case when has_enough_sample then p_value end as fixed,
            case when has_enough_sample then {ANYTIME} end as anytime
        from compared
        order by run, place
        """,
        sides=sides(is_share, a, b),
    )
    shape = a["numerator"].shape
    return [np.ma.filled(found[c], 1.0).reshape(shape) for c in ("fixed", "anytime")]


def daily(draw, dice, runs, days, size):
    """Sums up to each day of an arm with so many conversations a day."""
    by_day = sums(draw(dice, (runs, days, size)), axis=2)
    return {name: values.cumsum(axis=1) for name, values in by_day.items()}


def peeking():
    """False finds of an A/A test that is looked at on 60 days."""
    rows, runs = [], 1000
    for name, is_share, draw in METRICS:
        for size in (5, 50):
            dice = np.random.default_rng(2)
            a, b = (daily(draw, dice, runs, 60, size) for _ in "ab")
            fixed, anytime = looks(is_share, a, b)
            shares = (
                (fixed <= 0.05).any(1),
                fixed[:, -1] <= 0.05,
                (anytime <= 0.05).any(1),
            )
            rows.append([name, size, *(percent(share.mean()) for share in shares)])
    head = ["metric", "conversations an arm and day"]
    head += [
        "fixed horizon, any look",
        "fixed horizon, last look",
        "anytime-valid, any look",
    ]
    return head, rows


def power():
    """Real lifts found within 60 days of 50 conversations an arm."""
    rows, runs, size = [], 1000, 50
    for base, lift in ((0.5, 0.05), (0.5, 0.1), (0.5, 0.2), (0.1, 0.2), (0.1, 0.4)):
        dice = np.random.default_rng(3)
        rates = (base * (1 + lift), base)
        a, b = (
            daily(lambda d, s, rate=rate: d.random(s) < rate, dice, runs, 60, size)
            for rate in rates
        )
        fixed, anytime = looks(True, a, b)
        hit = anytime <= 0.05
        found = hit.any(1)
        day = np.median(hit.argmax(1)[found] + 1) if found.any() else None
        last = percent((fixed[:, -1] <= 0.05).mean())
        rows.append([percent(base), percent(lift), last, percent(found.mean()), day])
    head = ["control", "lift", "fixed horizon, day 60", "anytime-valid by day 60"]
    return [*head, "median day of the find"], rows


def coverage():
    """How often 95 % intervals hold the truth; how often a MDE is found."""
    rows, runs = [], 4000
    cases = [(rate, size) for rate in (0.1, 0.5) for size in (100, 1000)]
    for rate, size in cases:
        dice = np.random.default_rng(4)
        a, b = (
            sums(dice.random((runs, 1, size)) < r, axis=2) for r in (rate * 1.1, rate)
        )
        rows.append(
            [f"share of {percent(rate)}", size, *covered(True, a, b, rate, 0.1)]
        )
    for size in (30, 100, 1000):
        dice = np.random.default_rng(5)
        a, b = (
            sums(*ratio_of_means(dice, (runs, 1, size), mean)) for mean in (110, 100)
        )
        rows.append(["ratio of means, skewed", size, *covered(False, a, b, 100, 0.1)])
    head = ["metric", "conversations an arm", "value", "difference", "lift"]
    return head, rows


def ratio_of_means(dice, size, mean):
    """x of y events a conversation, that go together: (x, axis, y)."""
    y = dice.poisson(2, size) + 1
    return dice.gamma(y * 0.8, mean / 0.8), 2, y


def covered(is_share, a, b, base, lift):
    found = query(
        """
        select
            case when is_share then wilson_low else value - 1.96 * sqrt(variance) end
                as low,
            case when is_share then wilson_high else value + 1.96 * sqrt(variance) end
                as high,
            difference_low, difference_high,
            value / base_value - 1 as lift,
            1.96 * sqrt({{ lift_variance(
                'value', 'variance', 'base_value', 'base_variance'
            ) }}) as lift_half
        from ({{ compared_ratios('sides') }})
        """,
        sides=sides(is_share, a, b),
    )
    found = {name: np.ma.filled(values, np.nan) for name, values in found.items()}
    truth, change = base * (1 + lift), base * lift
    held = [
        (found["low"] <= truth) & (truth <= found["high"]),
        (found["difference_low"] <= change) & (change <= found["difference_high"]),
        abs(found["lift"] - lift) <= found["lift_half"],
    ]
    return [percent(each.mean()) for each in held]


DIMENSIONS = (
    6,
    4,
    3,
    10,
)  # segments of four dimensions that do not depend on each other


def causes():
    """A planted cause of a change of a rate: how often it is first of 23 segments."""
    plans = [
        ("nothing changed", 1000, None, None),
        ("one sixth: 40 % to 25 %", 1000, 0.25, None),
        ("one sixth: 40 % to 25 %", 3000, 0.25, None),
        ("one sixth: 40 % to 20 %", 2000, 0.2, None),
        ("one sixth (at 80 %) to one third", 2000, None, 1 / 3),
    ]
    rows = [
        [name, size, *ranked(np.random.default_rng(6), size, drop, share)]
        for name, size, drop, share in plans
    ]
    return [
        "change",
        "conversations a period",
        "ranked first",
        "some segment found",
    ], rows


def ranked(dice, size, drop, share, runs=400):
    """Share of runs with the cause, segment 0 of dimension 0, first; and with finds."""
    periods = []
    for is_now in (True, False):
        places = [dice.integers(0, n, (runs, size)) for n in DIMENSIONS]
        rate = np.full((runs, size), 0.4)
        if is_now and share:  # more conversations of the segment
            moved = dice.random((runs, size)) < (share - 1 / 6) / (5 / 6)
            places[0] = np.where(moved, 0, places[0])
        if share:
            rate[places[0] == 0] = 0.8
        elif is_now and drop:
            rate[places[0] == 0] = drop
        x = (dice.random((runs, size)) < rate).astype(float)
        periods.append((places, x))
    columns = {name: [] for name in ("run", "dimension", "segment", *ALL_SUMS)}
    for dimension, segments in enumerate(DIMENSIONS):
        for segment in range(segments):
            columns["run"].append(np.arange(runs))
            columns["dimension"].append(np.full(runs, dimension))
            columns["segment"].append(np.full(runs, segment))
            for prefix, (places, x) in zip(("", "base_"), periods, strict=True):
                is_in = places[dimension] == segment
                for name, values in sums(x * is_in, 1, is_in).items():
                    columns[prefix + name].append(values)
                for name in ("numerator", "denominator", "sum_yy"):
                    whole = x.sum(1) if name == "numerator" else np.full(runs, size)
                    columns[f"total_{prefix}{name}"].append(whole.astype(float))
    found = query(
        """
        with explained as ({{ change_effects('segments') }}),
        tested as (
            select *, {{ ratio('contribution', 'contribution_error') }} as z
            from explained
        ),
        valued as (select *, {{ two_sided_p('z') }} as p_value from tested),
        adjusted as ({{ adjusted_p_values('valued', 'p_value', ['run']) }}),
        numbered as (
            select *, row_number() over (
                partition by run
                order by
                    {{ beyond_noise('contribution', 'contribution_error') }} desc,
                    abs(z) desc, dimension, segment
            ) as place
            from adjusted
        )
        select
            run,
            max(case when place = 1 and dimension = 0 and segment = 0 then 1 else 0 end)
                as is_first,
            max(case when q_value <= 0.05 then 1 else 0 end) as has_find
        from numbered group by run
        """,
        segments={name: np.concatenate(values) for name, values in columns.items()}
        | {"is_total": np.zeros(runs * sum(DIMENSIONS), bool)},
    )
    first = percent(found["is_first"].mean()) if drop or share else None
    return first, percent(found["has_find"].mean())


ALL_SUMS = [
    *SUMS,
    *(f"base_{name}" for name in SUMS),
    *(
        f"total_{p}{n}"
        for p in ("", "base_")
        for n in ("numerator", "denominator", "sum_yy")
    ),
]


def splits():
    """The sample-ratio check at p < 0.001, of an even split that is even or is not."""
    rows, runs = [], 20_000
    for share in (0.5, 0.51, 0.52, 0.55):
        for size in (1000, 10_000, 100_000):
            dice = np.random.default_rng(7)
            ours = dice.binomial(size, share, runs)
            observed = np.concatenate([ours, size - ours]).astype(float)
            found = query(
                f"""
                with split as (
                    select
                        run,
                        {{{{ sample_ratio_chi_square('observed', '0.5e0', {size}) }}}}
                            as chi_square
                    from arms group by run
                )
                select
                    avg(case when {{{{ chi_square_p('chi_square', '1') }}}} < 0.001
                        then 1e0 else 0e0 end) as alarms
                from split
                """,
                arms={"run": np.tile(np.arange(runs), 2), "observed": observed},
            )
            rows.append(
                [percent(share, 0), f"{size:,}", percent(found["alarms"][0], 2)]
            )
    return ["share of the first arm", "units", "alarms"], rows


def percent(share, places=1):
    return f"{100 * share:.{places}f} %"


def table(head, rows):
    cells = [
        ["" if cell is None else str(cell) for cell in row] for row in [head, *rows]
    ]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


PAGE = """\
# Statistics

What the statistics of the marts promise, and what simulations of them gave. Written by
`python -m benchmarks.statistics` (seeded; part of `make benchmark`): numpy draws the
conversations, the SQL of `macros/statistics` does the rest. Agreement of the macros
with scipy and statsmodels: `tests/python/test_statistics.py`.

## Segments that do not differ

{equal_segments}

Twenty equal segments, each against the rest, 1,000 runs: how often at least one is
called different. `is_significant` of `marts.segment_comparisons` is the column BH. The
plain p-value finds something in most tables: so much for reading them by eye.

The standard error is the larger of the pooled one and Welch's. The last column is what
Welch's t-test alone would find: a small segment that missed the large values of a
skewed metric looks low, and looks certain.

## Looking every day

{peeking}

An A/A test over 60 days, looked at on each, 1,000 runs: how often it is called a
difference. `decision` of `marts.experiment_results` stands on the last column.

## Power

{power}

What looking whenever one likes costs, and what it buys: a clear effect is found long
before the end. 50 conversations an arm and day, 1,000 runs.

## Coverage of 95 % intervals

{coverage}

How often the interval holds the truth, a lift of 10 %, 4,000 runs: of the value
(Wilson, or the delta method), of the difference (Newcombe, or normal), of the lift
(delta method). The ratio has several correlated events a conversation.

## Why did it move?

{causes}

`marts.metric_changes` on four dimensions with 23 segments, 400 runs: how often the
planted segment is `contribution_rank` 1 of all, and how often any is significant. A
change that cannot be told from noise has no cause to be found.

Another order would not find the small change: on the same runs of the second row, rank
by |z| alone has the planted segment first in 69.5 %, by the contribution in 55.5 %.

## The sample-ratio check

{splits}

An even split was set up, 20,000 runs: how often the check stops the verdict
(p < 0.001).
"""
SIMULATIONS = (equal_segments, peeking, power, coverage, causes, splits)


def main():
    tables = {}
    for simulation in SIMULATIONS:
        began = time.monotonic()
        tables[simulation.__name__] = table(*simulation())
        print(f"{simulation.__name__}: {time.monotonic() - began:.1f} s")
        print(tables[simulation.__name__])
    (PROJECT / "docs" / "statistics.md").write_text(PAGE.format(**tables))


if __name__ == "__main__":
    main()
