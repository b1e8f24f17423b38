# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/Fixtures/statistics.json: what SciPy, scikit-learn and statsmodels say.

Run: pip install numpy scipy scikit-learn statsmodels; python Tests/Fixtures/make/statistics.py
"""
import json
import math
import pathlib

import numpy
import scipy
import scipy.stats as st
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.metrics import cohen_kappa_score, confusion_matrix
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = numpy.random.default_rng(20240607)


def scores(n, zeros):
    """Agatston-like pairs: skewed, with ties at zero."""
    x = numpy.round(numpy.exp(rng.normal(4, 1.6, n)), 1)
    x[: int(zeros * n)] = 0
    y = numpy.round(numpy.clip(x * rng.normal(1, 0.15, n) + rng.normal(0, 8, n), 0, None), 1)
    return x, y


def pairs():
    yield "scores", *scores(87, 0.0)
    yield "scores with zeros", *scores(60, 0.4)
    yield "four", numpy.array([1.0, 2, 3, 5]), numpy.array([2.0, 1, 4, 4])
    yield "negative slope", *(lambda x: (x, -3 * x + rng.normal(0, 0.1, 30)))(rng.normal(0, 1, 30))
    yield "far from zero", *(lambda x: (x + 1e8, x + rng.normal(0, 1, 25)))(rng.normal(0, 1, 25))
    yield "tiny", *(lambda x: (x * 1e-160, (x + rng.normal(0, 1, 20)) * 1e-160))(rng.normal(0, 1, 20))
    yield "nothing in common", rng.normal(0, 1, 200), rng.normal(0, 1, 200)


def lin(x, y):
    """Lin 1989 with the variance of Lin 2000, term by term."""
    n = len(x)
    unit = max(numpy.abs(x - x.mean()).max(), numpy.abs(y - y.mean()).max())
    x, y = (x - x.mean()) / unit, (y - x.mean()) / unit
    r = float(st.pearsonr(x, y).statistic)
    c = 2 * numpy.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    u = (x.mean() - y.mean()) / math.sqrt(x.std() * y.std())
    variance = ((1 - r ** 2) * c ** 2 / ((1 - c ** 2) * r ** 2)
                + 2 * c ** 3 * (1 - c) * u ** 2 / (r * (1 - c ** 2) ** 2)
                - c ** 4 * u ** 4 / (2 * r ** 2 * (1 - c ** 2) ** 2)) / (n - 2)
    half = st.norm.ppf(0.975) * math.sqrt(max(variance, 0))
    return [float(c), math.tanh(math.atanh(c) - half), math.tanh(math.atanh(c) + half)]


def icc(m):
    """ICC(2,1) by the mean squares of a two-way table; McGraw & Wong 1996, table 7, case A,1."""
    n, k = m.shape
    m = (m - m.mean()) / numpy.abs(m - m.mean()).max()
    total = ((m - m.mean()) ** 2).sum()
    between = k * ((m.mean(axis=1) - m.mean()) ** 2).sum()
    raters = n * ((m.mean(axis=0) - m.mean()) ** 2).sum()
    msr, msc = between / (n - 1), raters / (k - 1)
    mse = ((m - m.mean(axis=1, keepdims=True) - m.mean(axis=0, keepdims=True) + m.mean()) ** 2
           ).sum() / ((n - 1) * (k - 1))
    assert abs(total - between - raters - mse * (n - 1) * (k - 1)) < 1e-9 * total
    r = (msr - mse) / (msr + (k - 1) * mse + k / n * (msc - mse))
    a, b = k * r / (n * (1 - r)), 1 + k * r * (n - 1) / (n * (1 - r))
    v = (a * msc + b * mse) ** 2 / (
        (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    f, g = st.f.ppf(0.975, n - 1, v), st.f.ppf(0.975, v, n - 1)
    low = n * (msr - f * mse) / (f * (k * msc + (k * n - k - n) * mse) + n * msr)
    high = n * (g * msr - mse) / (k * msc + (k * n - k - n) * mse + n * g * msr)
    return [float(r), float(low), float(high)]


def deming_line(x, y, ratio):
    """Slope and intercept by an eigenvector rather than the closed form."""
    unit = numpy.abs(x - x.mean()).max()
    u, v = (x - x.mean()) / unit, (y - y.mean()) / unit / math.sqrt(ratio)
    w = numpy.linalg.svd(numpy.column_stack([u, v]))[2][0]
    slope = w[1] / w[0] * math.sqrt(ratio)
    return numpy.array([slope, y.mean() - slope * x.mean()])


def deming(x, y, ratio):
    """With intervals by the jackknife as Linnet 1993."""
    def fit(x, y):
        return deming_line(x, y, ratio)
    n, whole = len(x), fit(x, y)
    pseudo = numpy.array([n * whole - (n - 1) * fit(numpy.delete(x, i), numpy.delete(y, i))
                          for i in range(n)])
    half = st.t.ppf(0.975, n - 2) * pseudo.std(axis=0, ddof=1) / math.sqrt(n)
    return [float(v) for v in (whole[0], whole[0] - half[0], whole[0] + half[0],
                               whole[1], whole[1] - half[1], whole[1] + half[1])]


def passing_bablok(x, y):
    """Passing & Bablok 1983 with all slopes in memory; null where the paper gives nothing."""
    n, slopes = len(x), []
    for i in range(n):
        for j in range(i + 1, n):
            dx, dy = x[j] - x[i], y[j] - y[i]
            if dx == 0 and dy == 0:
                continue
            slope = math.inf if dx == 0 else dy / dx
            if abs(slope + 1) > 1e-12:  # as in R's package mcr
                slopes.append(slope)
    slopes = [-math.inf] + sorted(slopes)  # from 1, as in the paper
    count, k = len(slopes) - 1, sum(s < -1 for s in slopes) - 1
    def at(i):
        return slopes[i] if 1 <= i <= count else None
    b = at((count + 1) // 2 + k) if count % 2 else (
        None if at(count // 2 + 1 + k) is None else (at(count // 2 + k) + at(count // 2 + 1 + k)) / 2)
    if b is None or math.isinf(b):
        return None
    c = st.norm.ppf(0.975) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    m1 = math.floor((count - c) / 2 + 0.5)
    low, high = at(m1 + k), at(count - m1 + 1 + k)
    a = float(numpy.median(y - b * x))
    if m1 < 1 or low is None or high is None or math.isinf(low) or math.isinf(high):
        return [b, None, None, a, None, None]
    return [float(v) for v in (b, low, high, a, numpy.median(y - high * x),
                               numpy.median(y - low * x))]


def pair(name, x, y):
    n = len(x)
    p = st.pearsonr(x, y)
    ci = p.confidence_interval(0.95)
    s = st.spearmanr(x, y)
    half = st.norm.ppf(0.975) / math.sqrt(n - 3)
    out = {
        "name": name, "x": x.tolist(), "y": y.tolist(),
        "mean": float(numpy.mean(x)), "variance": float(numpy.var(x, ddof=1)),
        "pearson": [float(p.statistic), float(p.pvalue), float(ci.low), float(ci.high)],
        "ranks": st.rankdata(x).tolist(),
        # Bonett & Wright 2000 widen Fisher's interval for ranks.
        "spearman": [float(s.statistic), float(s.pvalue)] + [
            math.tanh(math.atanh(s.statistic) + sign * half * math.sqrt(1 + s.statistic ** 2 / 2))
            for sign in (-1, 1)],
        "quantiles": [float(numpy.quantile(x, q)) for q in (0, 0.05, 0.5, 0.75, 1)],
    }
    if name != "tiny":  # statsmodels' pseudo-inverse cannot hold squares of 1e-160
        fit = sm.OLS(y, sm.add_constant(x)).fit() if name != "far from zero" else None
        line = st.linregress(x, y)
        t = st.t.ppf(0.975, n - 2)
        slope = [line.slope, line.slope - t * line.stderr, line.slope + t * line.stderr]
        inter = [line.intercept, line.intercept - t * line.intercept_stderr,
                 line.intercept + t * line.intercept_stderr]
        if fit is not None:
            ci = fit.conf_int(0.05)
            assert numpy.allclose(ci[1], slope[1:], rtol=1e-9)
            assert numpy.allclose(ci[0], inter[1:], rtol=1e-7, atol=1e-9)
        out["line"] = [float(v) for v in slope + inter]
        out["r_squared"] = float(line.rvalue ** 2)
    out["concordance"] = lin(x, y)
    out["icc"] = icc(numpy.column_stack([x, y]))
    out["deming"] = deming(x, y, 1.0)
    out["deming_4"] = deming(x, y, 4.0)
    out["passing_bablok"] = passing_bablok(x, y)
    d = y - x
    m, s, z, t = d.mean(), d.std(ddof=1), st.norm.ppf(0.975), st.t.ppf(0.975, n - 1)
    e = s / math.sqrt(n)
    # Carkeet 2015: exact by the noncentral t.
    inner, outer = (st.nct.ppf(q, n - 1, z * math.sqrt(n)) / math.sqrt(n) for q in (0.025, 0.975))
    out["bland_altman"] = [float(v) for v in (
        m, s, m - z * s, m + z * s, m - t * e, m + t * e,
        m - outer * s, m - inner * s, m + inner * s, m + outer * s)]
    return out


def kappa(name, a, b, k):
    cm = confusion_matrix(a, b, labels=range(k))
    out = {"name": name, "reference": [int(v) for v in a], "computed": [int(v) for v in b],
           "classes": k, "matrix": cm.tolist()}
    for key, weights, wt in (("none", None, None), ("linear", "linear", "ca"),
                             ("quadratic", "quadratic", "fc")):
        value = cohen_kappa_score(a, b, labels=list(range(k)), weights=weights)
        sm_ = cohens_kappa(cm, weights=None) if wt is None else cohens_kappa(
            cm, weights=numpy.abs(numpy.subtract.outer(range(k), range(k)))
            ** (1 if wt == "ca" else 2) / (k - 1) ** (1 if wt == "ca" else 2), wt=None)
        # statsmodels takes weights as disagreement here, as its documentation says.
        assert abs(sm_.kappa - value) < 1e-9, (name, key, sm_.kappa, value)
        half = st.norm.ppf(0.975) * sm_.std_kappa
        out[key] = [float(value), float(sm_.std_kappa), float(value - half), float(value + half)]
    return out


def kappas():
    a = rng.integers(0, 5, 120)
    yield kappa("five classes", a, numpy.clip(a + rng.integers(-1, 2, 120), 0, 4), 5)
    yield kappa("chance", rng.integers(0, 5, 90), rng.integers(0, 5, 90), 5)
    yield kappa("missing classes", [0, 0, 1, 1, 1, 3], [0, 1, 1, 1, 3, 3], 5)
    yield kappa("two classes", [0, 0, 1, 1, 1, 0], [0, 1, 1, 1, 0, 0], 2)


    a = rng.integers(0, 7, 60)
    yield kappa("seven classes", a, numpy.clip(a + rng.integers(-3, 4, 60), 0, 6), 7)
    yield kappa("three subjects", [0, 1, 2], [0, 2, 1], 3)


def resamples(n, count, seed):
    """The indices that Sources/Base/Statistics/Resampling/ResampleStream.swift draws."""
    mask = (1 << 64) - 1

    def step(state):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return state, z ^ (z >> 31)

    for b in range(count):
        state, z = step(seed)
        state, z = step(z ^ (b * 0xD6E8FEB86659FD93 & mask))
        state, indices = z, []
        for _ in range(n):
            state, z = step(state)
            indices.append(z * n >> 64)
        yield numpy.array(indices)


def bootstrap(name, x, y, count, seed):
    """SciPy's own intervals, from resamples drawn as ours are."""
    classes = numpy.digitize
    bounds = [1, 10, 100, 400]
    statistics = {
        "pearson": lambda x, y: st.pearsonr(x, y).statistic,
        "spearman": lambda x, y: st.spearmanr(x, y).statistic,
        "slope": lambda x, y: st.linregress(x, y).slope,
        "intercept": lambda x, y: st.linregress(x, y).intercept,
        # Rounded, so that equal kappas are equal in SciPy's count of ties.
        "kappa": lambda x, y: round(cohen_kappa_score(
            classes(x, bounds), classes(y, bounds), labels=range(5), weights="linear"), 13),
        "mean_difference": lambda x, y: numpy.mean(y - x),
        "mean_absolute_difference": lambda x, y: numpy.mean(numpy.abs(y - x)),
    }
    draws = list(resamples(len(x), count, seed))
    out = {"name": name, "x": x.tolist(), "y": y.tolist(), "resamples": count, "seed": seed,
           "statistics": {}}
    for key, statistic in statistics.items():
        values = numpy.array([statistic(x[d], y[d]) for d in draws])
        rows = [float(statistic(x, y)), float(values.std(ddof=1))]
        for method in ("BCa", "percentile"):
            earlier = st._resampling.BootstrapResult(
                confidence_interval=None, bootstrap_distribution=values, standard_error=None)
            found = st.bootstrap(
                (x, y), statistic, paired=True, vectorized=False, n_resamples=0, method=method,
                bootstrap_result=earlier)
            rows += [float(found.confidence_interval.low), float(found.confidence_interval.high)]
        out["statistics"][key] = rows
    return out


def bootstraps():
    yield bootstrap("scores with zeros", *scores(40, 0.3), 400, 7)
    yield bootstrap("fifteen", *scores(15, 0.0), 300, 2 ** 63 + 5)


def detection(name, a, b):
    a, b = numpy.array(a), numpy.array(b)
    def wilson(k, n):
        return [float(v) for v in proportion_confint(k, n, method="wilson")]
    tp, fp = int((a & b).sum()), int((~a & b).sum())
    fn, tn = int((a & ~b).sum()), int((~a & ~b).sum())
    jaccard = wilson(tp, tp + fp + fn)
    return {
        "name": name, "reference": a.tolist(), "computed": b.tolist(),
        "sensitivity": [float(recall_score(a, b))] + wilson(tp, tp + fn),
        "specificity": [float(recall_score(~a, ~b))] + wilson(tn, tn + fp),
        "ppv": [float(precision_score(a, b))] + wilson(tp, tp + fp),
        "npv": [float(precision_score(~a, ~b))] + wilson(tn, tn + fn),
        "f1": [float(f1_score(a, b))] + [2 * j / (1 + j) for j in jaccard],
        "accuracy": float(accuracy_score(a, b)),
    }


def detections():
    a = rng.random(60) < 0.4
    yield detection("random", a, a ^ (rng.random(60) < 0.2))
    yield detection("all right", [True, False, True], [True, False, True])
    yield detection("all wrong", [True, False], [False, True])



def main():
    ratings = {
        # The table of Shrout & Fleiss 1979, who give 0.29.
        "Shrout and Fleiss": numpy.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6],
                                          [10, 5, 6, 9], [6, 2, 4, 7]], float),
        "two subjects": numpy.array([[1, 2], [5, 5.5]]),
        "worse than chance": numpy.array([[1, 5], [5, 1], [2, 3], [4, 2.5]]),
        "many raters": rng.normal(0, 1, (12, 1)) + rng.normal(0, 0.6, (12, 5)),
    }
    fisher = [[float(f), d, e, float(st.f.cdf(f, d, e))] for d in (1, 2.5, 40, 999)
              for e in (1, 7, 333.3) for f in (1e-6, 0.2, 1, 3, 50)]
    fisher_q = [[p, d, e, float(st.f.ppf(p, d, e))] for d in (1, 2.5, 40, 999) for e in (1, 7, 333.3)
                for p in (1e-6, 0.025, 0.5, 0.975, 0.9999)]
    holm = [[list(p), multipletests(p, method="holm")[1].tolist()] for p in (
        [0.01, 0.04, 0.03, 0.005], [0.5, 0.5, 0.5], [1.0], [0.0, 1.0, 0.2], rng.random(12).tolist())]
    # An exact test of 2ⁿ exchanges, which a random one approaches.
    few = scores(9, 0.2)
    worse = numpy.round(few[0] * 0.7 + rng.normal(0, 10, 9).clip(0), 1)
    exact = st.permutation_test(
        (numpy.abs(few[1] - few[0]), numpy.abs(worse - few[0])), lambda a, b: a.mean() - b.mean(),
        permutation_type="samples", n_resamples=numpy.inf, vectorized=False)

    normal = [[float(z), float(st.norm.cdf(z))] for z in (-38, -8.5, -3, -1.96, 0, 0.3, 1, 5, 8)]
    normal_q = [[p, float(st.norm.ppf(p))] for p in (1e-300, 1e-12, 0.001, 0.025, 0.4, 0.5, 0.9, 0.975,
                                                     0.999999)]
    student = [[float(t), d, float(st.t.cdf(t, d)), float(2 * st.t.sf(abs(t), d))]
               for d in (1, 2, 3.5, 10, 85, 1000, 1e5) for t in (-40, -3, -0.5, 0, 1e-3, 1, 2.5, 12)]
    student_q = [[p, d, float(st.t.ppf(p, d))] for d in (1, 2, 5, 30, 85, 1e4)
                 for p in (1e-8, 0.025, 0.3, 0.5, 0.95, 0.975, 0.9999)]

    result = {
        "made_with": f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}, "
                     f"statsmodels {statsmodels.__version__}, numpy {numpy.__version__}",
        "pairs": [pair(*p) for p in pairs()], "kappas": list(kappas()),
        "bootstraps": list(bootstraps()), "detections": list(detections()),
        "ratings": [{"name": n, "rows": m.tolist(), "icc": icc(m)} for n, m in ratings.items()],
        "fisher": fisher, "fisher_quantiles": fisher_q,
        "holm": [{"p": a, "corrected": b} for a, b in holm],
        "exchange": {"reference": few[0].tolist(), "first": few[1].tolist(),
                     "second": worse.tolist(), "difference": float(exact.statistic),
                     "p": float(exact.pvalue)},
        "normal": normal, "normal_quantiles": normal_q,
        "student": student, "student_quantiles": student_q,
    }
    path = pathlib.Path(__file__).parent.parent / "statistics.json"
    path.write_text(json.dumps(result, separators=(",", ":"), allow_nan=False) + "\n")
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
