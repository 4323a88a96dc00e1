"""The statistics macros against scipy and statsmodels, on DuckDB, dbt aside."""

import duckdb
import numpy as np
import pytest
from scipy import special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from benchmarks import statistics as simulations
from benchmarks.macros import query, render

TAILS = np.r_[np.logspace(-300, -12, 40), np.logspace(-12, -0.01, 500)]
LEVELS = np.r_[np.logspace(-12, -0.01, 200), 1 - np.logspace(-12, -1, 60)]


def evaluate(expression, **columns):
    """The values of an expression of macros over columns of numbers."""
    table = {name: np.asarray(values, float) for name, values in columns.items()}
    with duckdb.connect() as connection:
        connection.register("given", table)
        found = connection.sql(f"select {render(expression)} as found from given")
        values = found.fetchnumpy()["found"]
    return np.ma.filled(values.astype(float), np.nan)


def agrees(found, expected, relative=1e-6):
    np.testing.assert_allclose(found, expected, rtol=relative, atol=0)


def test_normal_tails():
    z = np.r_[-stats.norm.ppf(TAILS), np.linspace(-9, 9, 3001), 0]
    agrees(evaluate("{{ normal_upper_tail('z') }}", z=z), stats.norm.sf(z), 1e-12)
    agrees(evaluate("{{ normal_cdf('z') }}", z=z), stats.norm.cdf(z), 1e-12)
    agrees(evaluate("{{ two_sided_p('z') }}", z=z), 2 * stats.norm.sf(abs(z)), 1e-12)


def test_normal_quantile():
    p = np.r_[TAILS, 1 - TAILS[TAILS > 1e-12], 0.5]
    agrees(evaluate("{{ normal_quantile('p') }}", p=p), special.ndtri(p), 1e-12)
    assert np.isnan(evaluate("{{ normal_quantile('p') }}", p=[0, 1, -1, 2])).all()


T_DEGREES = [0.7, 1, 1.5, 2, 2.9, 3, 5, 9.3, 17, 30, 64.2, 99, 101, 345, 5e3, 1e5, 1e8]


def test_student_t():
    df, level = (grid.ravel() for grid in np.meshgrid(T_DEGREES, LEVELS))
    t = stats.t.isf(level / 2, df)
    agrees(evaluate("{{ student_t_p('t', 'df') }}", t=-t, df=df), level_of(t, df), 1e-7)
    found = evaluate("{{ student_t_p('t', 'df') }}", t=[0, 1, 1], df=[3, 0, np.nan])
    np.testing.assert_array_equal(found, [1, np.nan, np.nan])


def level_of(t, df):
    return 2 * stats.t.sf(abs(t), df)


def test_student_t_quantile():
    levels = LEVELS[LEVELS < 0.999]
    df, level = (grid.ravel() for grid in np.meshgrid(T_DEGREES[1:], levels))
    agrees(quantiles(level, df), stats.t.isf(level / 2, df))
    found = quantiles([0.05, 0, 1.1, 1], [0.9, 5, 5, 5])
    np.testing.assert_array_equal(found, [np.nan, np.nan, np.nan, 0])


def quantiles(p, df):
    rows = {"row": np.arange(len(p)), "p": np.array(p), "v": np.array(df)}
    sql = "{{ student_t_quantiles('given', ['row'], 'given.p', 'v') }}"
    with duckdb.connect() as connection:
        connection.register("given", rows)
        found = connection.sql(f"select * from ({render(sql)}) order by row")
        values = found.fetchnumpy()["t_quantile"]
    return np.ma.filled(values.astype(float), np.nan)


def test_chi_square():
    degrees = [1, 2, 3, 4, 7, 10, 21, 50, 99, 100]
    df, level = (grid.ravel() for grid in np.meshgrid(degrees, LEVELS))
    x = stats.chi2.isf(level, df)
    found = evaluate("{{ chi_square_p('x', 'df') }}", x=x, df=df)
    agrees(found, stats.chi2.sf(x, df), 1e-10)
    found = evaluate("{{ chi_square_p('x', 'df') }}", x=[0, 1, 1], df=[1, 0, 101])
    np.testing.assert_array_equal(found, [1, np.nan, np.nan])


def test_wilson():
    trials = np.repeat([1, 2, 10, 333, 1e6], 5)
    successes = np.floor(trials * np.tile([0, 0.001, 0.3, 0.9, 1], 5))
    for level in (0.05, 0.001):
        z = stats.norm.isf(level / 2)
        low, high = proportion_confint(successes, trials, level, "wilson")
        given = {"successes": successes, "trials": trials}
        found = evaluate(f"{{{{ wilson_low('successes', 'trials', {z}) }}}}", **given)
        np.testing.assert_allclose(found, low, rtol=1e-6, atol=1e-15)
        found = evaluate(f"{{{{ wilson_high('successes', 'trials', {z}) }}}}", **given)
        agrees(found, high)
    given = {"successes": [0, 2, np.nan], "trials": [0, 1, 3]}
    assert np.isnan(evaluate("{{ wilson_low('successes', 'trials') }}", **given)).all()


def sums(x, y):
    """The six sums of a ratio of means, as ratio_variance takes them."""
    return len(x), x.sum(), y.sum(), (x * x).sum(), (y * y).sum(), (x * y).sum()


def test_ratio_variance():
    """The plug-in variance of the linearised ratio; for y = 1 that of a mean."""
    dice = np.random.default_rng(1)
    y = dice.poisson(4, 500) + 1.0
    x = dice.binomial(y.astype(int), 0.3).astype(float)
    ones = np.ones(500)
    names = ["n", "sum_x", "sum_y", "sum_xx", "sum_yy", "sum_xy"]
    expression = f"{{{{ ratio_variance({', '.join(map(repr, names))}) }}}}"
    rows = np.array([sums(x, y), sums(x, ones), sums(x[:1], ones[:1]), [0] * 6])
    found = evaluate(expression, **dict(zip(names, rows.T, strict=True)))
    residual = x - x.sum() / y.sum() * y
    expected = [residual.var(ddof=1) / 500 / y.mean() ** 2, x.var(ddof=1) / 500]
    agrees(found, [*expected, np.nan, np.nan], 1e-10)


def test_lift_variance():
    """By simulation of the ratio of two independent normals, to its noise."""
    dice = np.random.default_rng(2)
    lifts = dice.normal(3, 0.05, 400_000) / dice.normal(2, 0.04, 400_000)
    expression = "{{ lift_variance('a', 'va', 'b', 'vb') }}"
    found = evaluate(expression, a=[3, 3], va=[0.0025] * 2, b=[2, 0], vb=[0.0016] * 2)
    agrees(found, [lifts.var(), np.nan], 0.01)


def test_two_samples():
    dice = np.random.default_rng(3)
    a, b = dice.gamma(2, 3, 40), dice.gamma(2, 4, 23)
    va, vb = a.var(ddof=1) / 40, b.var(ddof=1) / 23
    found = evaluate(
        "{{ welch_df('va', 'na', 'vb', 'nb') }}", va=[va], na=[40], vb=[vb], nb=[23]
    )
    welch = stats.ttest_ind(a, b, equal_var=False)
    agrees(found, [welch.df])
    t = [(a.mean() - b.mean()) / np.sqrt(va + vb)]
    agrees(evaluate("{{ student_t_p('t', 'df') }}", t=t, df=found), [welch.pvalue])


def test_adjusted_p_values():
    """Ties, missing values and families of many sizes, against statsmodels."""
    dice = np.random.default_rng(4)
    p = np.round(dice.uniform(size=600) ** 6, 3)
    p[::9] = np.nan
    rows = {"row": np.arange(600), "family": np.sqrt(np.arange(600)).astype(int)}
    rows["p"] = p
    sql = render("{{ adjusted_p_values('tests', 'p', ['family']) }}")
    with duckdb.connect() as connection:
        connection.register("given", rows)
        connection.execute(
            "create table tests as "
            "select row, family, case when p <= 1 then p end as p from given"
        )
        found = connection.sql(f"select * from ({sql}) order by row").fetchnumpy()
    expected = {"p_holm": np.full(600, np.nan), "q_value": np.full(600, np.nan)}
    for family in np.unique(rows["family"]):
        own = (rows["family"] == family) & ~np.isnan(p)
        for column, method in (("p_holm", "holm"), ("q_value", "fdr_bh")):
            if own.any():
                expected[column][own] = multipletests(p[own], method=method)[1]
    for column, values in expected.items():
        agrees(np.ma.filled(found[column].astype(float), np.nan), values)


def test_sample_ratio():
    observed, share = np.array([480.0, 530, 990]), np.array([0.25, 0.25, 0.5])
    expression = "{{ sample_ratio_chi_square('observed', 'share', 2000) }}"
    found = evaluate(expression, observed=observed, share=share)
    expected = stats.chisquare(observed, share * 2000)
    agrees(found, [expected.statistic])
    p = evaluate("{{ chi_square_p('x', 'df') }}", x=found, df=[2])
    agrees(p, [expected.pvalue])


def test_confidence_sequence():
    """Halfwidth and p-value by the published formulas, as GrowthBook has them."""
    n = np.array([10, 100, 5000, 1e6])
    rho = np.sqrt((-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) / 1000)
    variance = 0.37  # of one conversation
    root = n * rho**2 + 1
    halfwidth = np.sqrt(variance * 2 * root * np.log(np.sqrt(root) / 0.05)) / (n * rho)
    multiplier = evaluate("{{ anytime_z('n') }}", n=n)
    agrees(multiplier * np.sqrt(variance / n), halfwidth)
    agrees(evaluate("{{ anytime_p('z', 'n') }}", z=multiplier, n=n), [0.05] * 4)
    z = np.array([0.1, 3, 5, 12])
    p = np.minimum(1, np.sqrt(root) * np.exp(-(z**2) * n * rho**2 / 2 / root))
    agrees(evaluate("{{ anytime_p('z', 'n') }}", z=z, n=n), p)


SUMS = ["sample_size", "numerator", "denominator", "sum_xx", "sum_yy", "sum_xy"]


def test_compared_ratios():
    """The larger of the errors of Welch's and the pooled test; Newcombe's interval."""
    dice = np.random.default_rng(5)
    wide, narrow = dice.gamma(2, 12, 23), dice.gamma(2, 3, 40)
    wide_y, narrow_y = dice.poisson(3, 23) + 1.0, dice.poisson(3, 40) + 1.0
    ones, nothing = np.ones, [0] * 6
    few, many = (300, 40, 300, 40, 300, 40), (400, 70, 400, 70, 400, 70)
    rows = [
        (False, sums(wide, ones(23)), sums(narrow, ones(40))),
        (False, sums(wide[:9] / 30, ones(9)), sums(narrow, ones(40))),
        (True, few, many),
        (False, sums(wide, wide_y), sums(narrow, narrow_y)),
        (False, sums(wide, ones(23)), nothing),
        (True, few, nothing),
        (False, sums(ones(9), ones(9)), sums(ones(40), ones(40))),
    ]
    table = {"row": np.arange(len(rows)), "is_share": np.array([r[0] for r in rows])}
    for side, prefix in enumerate(["", "base_"], start=1):
        columns = np.array([row[side] for row in rows], float).T
        table |= {prefix + name: c for name, c in zip(SUMS, columns, strict=True)}
    found = query(
        "select difference, difference_low, difference_high, p_value "
        "from ({{ compared_ratios('given') }}) order by row",
        given=table,
    )
    found = list(zip(*(np.ma.filled(c, np.nan) for c in found.values()), strict=True))

    def expected(error, difference):
        half = stats.norm.isf(0.025) * error
        p = 2 * stats.norm.sf(abs(difference) / error)
        return difference, difference - half, difference + half, p

    def welch(a, b):
        return np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))

    def pooled(a, b):
        both = np.concatenate([a, b])
        return both.std(ddof=1) * np.sqrt(1 / len(a) + 1 / len(b))

    small = wide[:9] / 30
    assert welch(wide, narrow) > pooled(wide, narrow)
    assert welch(small, narrow) < pooled(small, narrow)
    gap = wide.mean() - narrow.mean()
    agrees(found[0], expected(welch(wide, narrow), gap))
    gap = small.mean() - narrow.mean()
    agrees(found[1], expected(pooled(small, narrow), gap))
    low, high = confint_proportions_2indep(40, 300, 70, 400, "newcomb")
    z, _ = proportions_ztest([40, 70], [300, 400])
    p = 2 * stats.norm.sf(abs(z) * np.sqrt(699 / 700))
    agrees(found[2], [40 / 300 - 70 / 400, low, high, p])
    pairs = [(wide, wide_y), (narrow, narrow_y)]
    values = [x.sum() / y.sum() for x, y in pairs]
    apart = [
        x / y.mean() - value * y / y.mean()
        for (x, y), value in zip(pairs, values, strict=True)
    ]
    common = (wide.sum() + narrow.sum()) / (wide_y.sum() + narrow_y.sum())
    together = sum(((x - common * y) ** 2).sum() for x, y in pairs) / 62
    together = np.sqrt(together * sum(len(y) / y.sum() ** 2 for _, y in pairs))
    error = max(welch(*apart), together)
    agrees(found[3], expected(error, values[0] - values[1]))
    assert np.isnan(found[4:6]).all()
    assert np.isnan(found[6][3]), "where nothing varies there is no test"


def shares(rows, column):
    """A column of percentages of a simulation's table."""
    return np.array([float(row[column].split()[0]) for row in rows if row[column]])


@pytest.mark.slow
def test_simulations_keep_the_promises():
    """What docs/statistics.md shows: seeded, so this cannot fail by chance."""
    _, rows = simulations.equal_segments()
    assert shares(rows, 3).max() <= 6 and shares(rows, 4).max() <= 6
    assert shares(rows, 2).max() > 50, "a plain p-value would not do"
    _, rows = simulations.peeking()
    assert shares(rows, 4).max() <= 5 < 15 < shares(rows, 2).min()
    _, rows = simulations.causes()
    found = shares(rows, 3)
    assert found[0] <= 6, "nothing changed, nothing found"
    first = shares(rows, 2)
    assert (first[found[1:] >= 95] >= 95).all() and (first >= 95).sum() >= 3
    _, rows = simulations.splits()
    assert shares(rows[:3], 2).max() <= 0.2 and shares(rows[-1:], 2)[0] > 99
