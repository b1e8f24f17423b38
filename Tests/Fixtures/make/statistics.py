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
from statsmodels.stats.inter_rater import cohens_kappa

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
        "spearman": [float(s.statistic), float(s.pvalue),
                     math.tanh(math.atanh(s.statistic) - half),
                     math.tanh(math.atanh(s.statistic) + half)],
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
    d = y - x
    m, s, z, t = d.mean(), d.std(ddof=1), st.norm.ppf(0.975), st.t.ppf(0.975, n - 1)
    e = s / math.sqrt(n)
    le = s * math.sqrt(1 / n + z * z / (2 * (n - 1)))
    out["bland_altman"] = [float(v) for v in (
        m, s, m - z * s, m + z * s, m - t * e, m + t * e,
        m - z * s - t * le, m - z * s + t * le, m + z * s - t * le, m + z * s + t * le)]
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
    "normal": normal, "normal_quantiles": normal_q,
    "student": student, "student_quantiles": student_q,
}
path = pathlib.Path(__file__).parent.parent / "statistics.json"
path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
