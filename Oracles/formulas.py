# SPDX-License-Identifier: Apache-2.0
"""Statistics that SciPy 1.17.1 lacks, term by term from their papers, and the project's random streams.

Fixtures and parity runs both compare with these. The formulas are written in another form than the
library's, so that a slip in one is not a slip in both.
"""
import math

import numpy
import scipy.stats as st
from statsmodels.stats.proportion import proportion_confint

WORD = (1 << 64) - 1


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


def wilson(k, n):
    """A share with Wilson's interval by statsmodels, or nothing of nothing."""
    return None if n == 0 else [k / n, *proportion_confint(k, n, method="wilson")]


def split_mix(state):
    """One step of SplitMix64: the new state and its output."""
    state = (state + 0x9E3779B97F4A7C15) & WORD
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
    return state, z ^ (z >> 31)


def stream(n, seed, b):
    """n words of stream b, as Sources/Base/Statistics/Resampling/ResampleStream.swift draws them."""
    _, word = split_mix(seed)
    _, state = split_mix(word ^ (b * 0xD6E8FEB86659FD93 & WORD))
    words = []
    for _ in range(n):
        state, word = split_mix(state)
        words.append(word)
    return words


def resamples(n, count, seed):
    """The indices of resamples of n subjects."""
    for b in range(count):
        yield numpy.array([word * n >> 64 for word in stream(n, seed, b)])


def exchanges(n, seed, b):
    """Which subjects are exchanged in permutation b: those whose word has its upper bit set."""
    return numpy.array([word >> 63 for word in stream(n, seed, b)], bool)
