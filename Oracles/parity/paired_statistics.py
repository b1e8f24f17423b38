# SPDX-License-Identifier: Apache-2.0
"""Every statistic of pairs against SciPy 1.17.1, scikit-learn 1.9.1 and statsmodels 0.15.0.

    python -m Oracles.parity.paired_statistics make FOLDER [SEED]
    python -m Oracles.parity.paired_statistics check FOLDER

`make` draws pairs at random, cac-oracle computes, `check` compares (scripts/parity statistics).
"""
import fractions
import json
import math
import pathlib
import sys
import warnings

import numpy
import scipy.stats as st
import statsmodels.api as sm
from sklearn.metrics import cohen_kappa_score, confusion_matrix, f1_score, precision_score, recall_score
from statsmodels.stats.inter_rater import cohens_kappa

from Oracles import formulas
from Oracles.formulas import resamples, wilson

warnings.filterwarnings("ignore")


def scores(rng, n, zeros, decimals):
    x = numpy.exp(rng.normal(4, 1.8, n)) * (rng.random(n) >= zeros)
    y = numpy.clip(x * rng.normal(1, 0.2, n) + rng.normal(0, 6, n), 0, None)
    return numpy.round(x, decimals), numpy.round(y, decimals)


def drawn_cases(rng):
    """Pairs of scores by name: of many sizes, with ties, of any scale, constant, missing."""
    cases = {"n 1000": scores(rng, 1000, 0.4, 1)}
    for n in (0, 1, 2, 3, 4, 5, 8, 30, 200):
        for zeros in (0, 0.4):
            for decimals in (0, 1, 9):
                cases[f"n {n}, {zeros} zeros, {decimals} decimals"] = scores(rng, n, zeros, decimals)
    for i in range(40):
        cases[f"ties {i}"] = rng.integers(0, 4, (2, int(rng.integers(2, 40)))).astype(float)
    for i in range(10):
        x = rng.normal(0, 1, 60) * 10.0 ** rng.integers(-12, 12)
        cases[f"any scale {i}"] = x, x * rng.normal(1, 0.5, 60) + rng.normal(0, 1) * numpy.abs(x).max()
    cases["constant both"] = numpy.full(9, 3.5), numpy.full(9, 3.5)
    cases["constant x"] = numpy.full(9, 0.1), rng.normal(0, 1, 9)
    cases["constant y"] = rng.normal(0, 1, 9), numpy.full(9, 0.1)
    x = rng.integers(0, 900, 40).astype(float)
    cases["equal"] = x, x.copy()
    cases["missing"] = numpy.array([1.0, numpy.nan, 3, 4]), numpy.array([1.0, 2, 3, 5])
    cases["infinite"] = numpy.array([1.0, numpy.inf, 3, 4]), numpy.array([1.0, 2, 3, 5])
    x = rng.normal(0, 1, 50)
    cases["far from zero"] = x + 1e6, x + 1e6 + rng.normal(0, 1, 50)
    return cases


def cells(values):
    return [float(v) if math.isfinite(v) else None for v in values]


def draw(folder, seed):
    """Writes the pairs for the tests, a million of them in a file of their own."""
    rng = numpy.random.default_rng(seed)
    out = [{"name": name, "x": cells(x), "y": cells(y),
            "bootstrap": 20 <= len(x) <= 60 and name.startswith(("n ", "any"))}
           for name, (x, y) in drawn_cases(rng).items()]
    x, y = scores(rng, 1_000_000, 0.3, 2)
    numpy.concatenate([x, y]).tofile(folder / "million.bin")
    out.append({"name": "million", "file": "million.bin", "bootstrap": False})
    (folder / "cases.json").write_text(json.dumps(out))


def kappa(a, b, weights):
    labels = range(5)
    value = cohen_kappa_score(a, b, labels=list(labels), weights=weights)
    if not math.isfinite(value):
        return None
    power = {None: 0, "linear": 1, "quadratic": 2}[weights]
    distance = numpy.abs(numpy.subtract.outer(labels, labels)).astype(float)
    table = confusion_matrix(a, b, labels=labels)
    # statsmodels wants disagreements between 0 and 1.
    found = cohens_kappa(table) if weights is None else cohens_kappa(
        table, weights=(distance / 4) ** power, wt=None)
    # statsmodels takes the difference of two close numbers where nearly all are in one class.
    error = kappa_error(table, (distance > 0) * distance ** power)
    assert error < 1e-6 or abs(found.std_kappa - error) < 1e-6, (found.std_kappa, error)
    return [value, error]


def kappa_error(table, disagreement):
    """Fleiss, Cohen & Everitt 1969, eq. 13, in exact numbers."""
    n, classes, one = int(table.sum()), range(len(table)), fractions.Fraction(1)
    p = [[fractions.Fraction(int(v), n) for v in row] for row in table]
    largest = fractions.Fraction(disagreement.max())
    w = [[1 - fractions.Fraction(v) / largest for v in row] for row in disagreement.tolist()]
    rows, columns = [sum(r) for r in p], [sum(c) for c in zip(*p, strict=True)]
    po = sum(p[i][j] * w[i][j] for i in classes for j in classes)
    pe = sum(rows[i] * columns[j] * w[i][j] for i in classes for j in classes)
    across = [sum(columns[j] * w[i][j] for j in classes) for i in classes]
    down = [sum(rows[i] * w[i][j] for i in classes) for j in classes]
    total = sum(p[i][j] * (w[i][j] * (one - pe) - (across[i] + down[j]) * (one - po)) ** 2
                for i in classes for j in classes)
    return math.sqrt((total - (po * pe - 2 * pe + po) ** 2) / (n * (one - pe) ** 4))


def detection(x, y):
    a, b = x >= 10, y >= 10
    tp, fp, fn, tn = (a & b).sum(), (~a & b).sum(), (a & ~b).sum(), (~a & ~b).sum()
    out = {"sensitivity": wilson(tp, tp + fn), "specificity": wilson(tn, tn + fp),
           "ppv": wilson(tp, tp + fp), "npv": wilson(tn, tn + fn)}
    if tp + fn:
        assert abs(out["sensitivity"][0] - recall_score(a, b)) < 1e-12
    if tp + fp:
        assert abs(out["ppv"][0] - precision_score(a, b)) < 1e-12
    j = wilson(tp, tp + fp + fn)
    out["f1"] = None if j is None else [f1_score(a, b)] + [2 * v / (1 + v) for v in j[1:]]
    return out


def varies(v):
    return len(v) > 0 and (v != v[0]).any()


def pair_order(x, y, slope):
    """How many slopes lie below one: the discordant pairs that SciPy counts for Kendall's tau."""
    order = numpy.lexsort((y, x))
    residual = (y.astype(numpy.longdouble) - numpy.longdouble(slope) * x)[order]
    ranks = st.rankdata(residual, method="dense").astype(numpy.intp)
    return int(st._stats._kendall_dis(numpy.arange(1, len(x) + 1, dtype=numpy.intp), ranks))


def stands_out_without_any(x, y):
    """Whether every line without one of the pairs exists, in exact numbers.

    Where two ties cancel, the sum of products is 0 and a direction is no more than what rounding left.
    """
    pairs = [(fractions.Fraction(a), fractions.Fraction(b))
             for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    products = ((a, b, a * a, b * b, a * b) for a, b in pairs)
    sums = [sum(column) for column in zip(*products, strict=True)]
    n = len(pairs) - 1
    for a, b in pairs:
        sx, sy, xx, yy, xy = (s - v for s, v in zip(sums, (a, b, a * a, b * b, a * b), strict=True))
        if n * xy == sx * sy and n * yy - sy * sy >= n * xx - sx * sx:
            return False
    return True


def correlation(x, y):
    """Pearson's and Spearman's with p and interval: Bonett & Wright 2000 for ranks."""
    n = len(x)
    p, s = st.pearsonr(x, y), st.spearmanr(x, y)
    r, rho = float(p.statistic), float(s.statistic)
    interval, ends = [numpy.nan] * 2, [numpy.nan] * 2
    if n > 3:
        interval = list(p.confidence_interval(0.95))
        half = st.norm.ppf(0.975) * math.sqrt((1 + rho * rho / 2) / (n - 3))
        ends = [math.tanh(numpy.arctanh(rho) + sign * half) for sign in (-1, 1)]
    return {"pearson": [r, p.pvalue if n > 2 else numpy.nan, *interval],
            "spearman": [rho, s.pvalue if n > 2 else numpy.nan, *ends]}


def line(x, y):
    """Slope and intercept with intervals; the errors from the residuals."""
    n, fit = len(x), st.linregress(x, y)
    t = st.t.ppf(0.975, n - 2) if n > 2 else numpy.nan
    # SciPy gives no errors where y does not vary, and takes 1 − r² elsewhere, which has no digits
    # where the points lie on a line: the residuals have.
    e = f = 0 * t
    if varies(y) and n > 2:
        residuals, spread = y - fit.intercept - fit.slope * x, numpy.square(x - x.mean()).sum()
        s = math.sqrt(numpy.square(residuals).sum() / (n - 2))
        e, f = s / math.sqrt(spread), s * math.sqrt(1 / n + x.mean() ** 2 / spread)
        if abs(float(st.pearsonr(x, y).statistic)) < 1 - 1e-6:
            assert numpy.allclose([e, f], [fit.stderr, fit.intercept_stderr], rtol=1e-6, atol=0)
    if n > 2 and 1e-3 < numpy.abs(x).max() < 1e5:
        found = sm.OLS(y, sm.add_constant(x)).fit()
        assert numpy.allclose(found.params, [fit.intercept, fit.slope], rtol=1e-6, atol=1e-6)
    return [fit.slope, fit.slope - t * e, fit.slope + t * e, fit.intercept,
            fit.intercept - t * f, fit.intercept + t * f]


def bland_altman(x, y):
    """Bias and limits with intervals: Carkeet 2015, by the noncentral t."""
    n, d = len(x), y - x
    m, s, z, t = d.mean(), d.std(ddof=1), st.norm.ppf(0.975), st.t.ppf(0.975, n - 1)
    if n <= 1000:
        k, l = (st.nct.ppf(q, n - 1, z * math.sqrt(n)) / math.sqrt(n) for q in (0.025, 0.975))
    else:  # SciPy's noncentral t gives up; the limits hardly differ from normal ones
        k = l = numpy.nan
    e = t * s / math.sqrt(n)
    return [m, s, m - z * s, m + z * s, m - e, m + e, m - l * s, m - k * s, m + k * s, m + l * s]


def deming_with_intervals(x, y):
    """Deming's line, without intervals where a line without one of the pairs has no direction."""
    if stands_out_without_any(x, y):
        return formulas.deming(x, y, 1.0)
    slope, intercept = formulas.deming_line(x, y, 1.0)
    return [slope, numpy.nan, numpy.nan, intercept, numpy.nan, numpy.nan]


def moments(x):
    n = len(x)
    return {"mean": [numpy.mean(x)] if n else None, "sd": [numpy.std(x, ddof=1)] if n >= 2 else None,
            "median": [numpy.median(x)] if n else None}


REFUSED = ("pearson", "spearman", "line", "bland_altman", "lin", "icc", "deming", "passing_bablok",
           "mean")


def expected(x, y):
    """The numbers by name, None where a statistic has to be refused."""
    n = len(x)
    if not (numpy.isfinite(x).all() and numpy.isfinite(y).all()):
        return dict.fromkeys(REFUSED)
    both = n >= 2 and varies(x) and varies(y)
    out = moments(x)
    out.update(correlation(x, y) if both else {"pearson": None, "spearman": None})
    out["line"] = line(x, y) if n >= 2 and varies(x) else None
    out["bland_altman"] = bland_altman(x, y) if n >= 2 else None
    if both and n > 3 and 1e-12 < abs(out["pearson"][0]) < 1 - 1e-12:
        out["lin"] = formulas.lin(x, y)
        out["icc"] = formulas.icc(numpy.column_stack([x, y]))
    if n <= 1000:
        out["passing_bablok"] = formulas.passing_bablok(x, y) if n >= 2 else None
        if both and n > 4 and numpy.abs(numpy.cov(x, y)[0, 1]) > 1e-9 * x.std() * y.std():
            out["deming"] = deming_with_intervals(x, y)
    a, b = (numpy.digitize(v, [1, 10, 100, 400]) for v in (x, y))
    for name in (None, "linear", "quadratic"):
        out[f"kappa {name or 'none'}"] = kappa(a, b, name) if n else None
    out.update(detection(x, y))
    return out


def resampled(x, y):
    draws = list(resamples(len(x), 200, 11))
    statistics = {
        "Pearson's correlation": lambda x, y: st.pearsonr(x, y).statistic,
        "Spearman's correlation": lambda x, y: st.spearmanr(x, y).statistic,
        "slope": lambda x, y: st.linregress(x, y).slope,
        "intercept": lambda x, y: st.linregress(x, y).intercept,
        "mean difference": lambda x, y: numpy.mean(y - x),
    }
    out = {}
    for name, statistic in statistics.items():
        values = numpy.array([statistic(x[d], y[d]) for d in draws])
        earlier = st._resampling.BootstrapResult(None, values, None)
        for method in ("BCa", "percentile"):
            found = st.bootstrap((x, y), statistic, paired=True, vectorized=False, n_resamples=0,
                                 method=method, bootstrap_result=earlier).confidence_interval
            out[f"{method.lower()} {name}"] = [found.low, found.high, values.std(ddof=1)]
    return out


def differs(ours, theirs, scale):
    ours = [math.nan if v == "nan" else float(v) for v in ours]
    for a, b in zip(ours, theirs, strict=True):
        b = math.nan if b is None else float(b)
        if math.isfinite(a) and math.isfinite(b):
            is_same = abs(a - b) <= 1e-9 * max(abs(a), abs(b), scale)
        else:
            is_same = a == b or (math.isnan(a) and math.isnan(b))
        if not is_same:
            return f"ours {ours}, theirs {[float(v) if v is not None else None for v in theirs]}"
    return None


UNITS = ("line", "deming", "passing_bablok", "bland_altman", "intercept", "mean", "sd")


def read_case(case, folder):
    if "file" in case:
        return numpy.fromfile(folder / case["file"]).reshape(2, -1)
    return [numpy.array([numpy.nan if v is None else v for v in case[k]], float) for k in "xy"]


def compared_case(name, x, y, wanted, ours, refusals):
    """What differs in one case, how many numbers were compared, and how many refused by both."""
    # Numbers of no size beside the data are rounding; p values and shares have a size of their own.
    size = numpy.nanmax(numpy.abs(numpy.concatenate([x, y])), initial=0)
    compared, refused, faults = 0, 0, []
    for key, theirs in wanted.items():
        if theirs is None:
            refused += 1
            if key not in refusals:
                faults.append(f"{name}, {key}: no refusal, but {ours[key]}")
            continue
        compared += 1
        if key not in ours:
            faults.append(f"{name}, {key}: refused ({refusals[key]}), theirs {theirs}")
            continue
        found = ours[key]
        if name == "million" and key == "bland_altman":
            found, theirs = found[:6], theirs[:6]
        scale = size if key.endswith(UNITS) else 1e-6
        if fault := differs(found, theirs, max(scale, 1e-300)):
            faults.append(f"{name}, {key}: {fault}")
    return faults, compared, refused


def check(folder):
    ours = json.loads((folder / "results.json").read_text())
    refusals = json.loads((folder / "refusals.json").read_text())
    compared, refused, faults = 0, 0, []
    for case in json.loads((folder / "cases.json").read_text()):
        name = case["name"]
        x, y = read_case(case, folder)
        wanted = expected(x, y)
        if case["bootstrap"]:
            wanted.update(resampled(x, y))
        found = compared_case(name, x, y, wanted, ours[name], refusals[name])
        faults += found[0]
        compared, refused = compared + found[1], refused + found[2]
        if name == "million":
            faults += million(x, y, ours[name]["passing_bablok"])
            compared += 1
    for fault in faults[:20]:
        print(f"parity: {fault}", file=sys.stderr)
    print(f"statistics: {compared} compared, {refused} refused on both sides, {len(faults)} differ")
    sys.exit(1 if faults else 0)


def million(x, y, line):
    """Slope and bounds have to stand where Passing and Bablok's paper puts them."""
    n = len(x)
    _, same_x = numpy.unique(x, return_counts=True)
    _, same = numpy.unique(numpy.column_stack([x, y]), axis=0, return_counts=True)
    pairs = n * (n - 1) // 2 - int((same * (same - 1) // 2).sum())
    k = pair_order(x, y, -1 - 1e-12)
    excluded = pair_order(x, y, -1 + 1e-12) - k
    count = pairs - excluded
    c = st.norm.ppf(0.975) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    m1 = math.floor((count - c) / 2 + 0.5)
    ranks = [(count + 1) // 2 + k, m1 + k, count - m1 + 1 + k]
    faults = []
    for slope, rank in zip(line[:3], ranks, strict=True):
        low, high = (pair_order(x, y, slope * (1 + e)) for e in (-1e-10, 1e-10))
        if not low <= rank + excluded <= high:
            faults.append(f"million, passing_bablok: {slope} is not slope {rank}: {low} to {high}")
    return faults


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        folder.mkdir(parents=True, exist_ok=True)
        seed = int(sys.argv[3]) if len(sys.argv) > 3 else numpy.random.SeedSequence().entropy % 10**9
        print(f"statistics: seed {seed}")
        draw(folder, seed)
    else:
        check(folder)


if __name__ == "__main__":
    main()
