# SPDX-License-Identifier: Apache-2.0
"""All that `cac evaluate` writes about two models against SciPy 1.17.1, scikit-learn 1.9.1, statsmodels
0.15.0 and NumPy 2.4.6.

    python -m Oracles.parity.evaluation make FOLDER [SEED]
    python -m Oracles.parity.evaluation check FOLDER

`make` draws cohorts of tables and masks, the command evaluates each (scripts/parity statistics),
`check` compares evaluation.json: agreement, classes, cut-offs, arteries, intervals by resampling,
subgroups, lesions, overlap, free response, differences of models with their tests.
"""
import json
import math
import pathlib
import sys
import warnings

import nibabel
import numpy
import scipy.ndimage
import scipy.stats as st
import statsmodels.api as sm
from sklearn.metrics import accuracy_score, cohen_kappa_score, confusion_matrix, f1_score
from sklearn.metrics import mean_absolute_error, r2_score, recall_score
from statsmodels.stats.multitest import multipletests

from Oracles.formulas import exchanges, resamples, wilson
from Oracles.parity import paired_statistics
from Oracles.parity.cohorts import ARTERIES, draw

warnings.filterwarnings("ignore")

CUTOFFS = {">0": lambda s: s > 0, ">=10": lambda s: s >= 10, ">=100": lambda s: s >= 100,
           ">=300": lambda s: s >= 300, ">=400": lambda s: s >= 400}
BANDS = {"below 10": (0, 10), "10 to 50": (10, 50), "50 to 200": (50, 200), "from 200": (200, math.inf)}
SEED, RESAMPLES = 11, 200


# Comparison

class Check:
    """Counts what was compared and keeps a sentence on each difference."""

    def __init__(self):
        self.compared, self.refused, self.faults = 0, 0, []

    def same(self, what, ours, theirs, size=1e-3):
        """Numbers equal to 1e-9; None and NaN stand for a refusal."""
        if theirs is None:
            self.refused += 1
            if isinstance(ours, dict) and "undefined" in ours or ours is None:
                return
            self.faults.append(f"{what}: no refusal, but {ours}")
            return
        self.compared += 1
        if isinstance(ours, dict) and "undefined" in ours or ours is None:
            self.faults.append(f"{what}: refused ({ours}), theirs {theirs}")
            return
        ours, theirs = numpy.atleast_1d(ours), numpy.atleast_1d(theirs)
        for a, b in zip(ours, theirs, strict=True):
            a, b = (math.nan if v is None else float(v) for v in (a, b))
            if math.isnan(a) != math.isnan(b) or abs(a - b) > 1e-9 * max(abs(a), abs(b), size):
                self.faults.append(f"{what}: ours {ours.tolist()}, theirs {theirs.tolist()}")
                return

    def equal(self, what, ours, theirs):
        self.compared += 1
        if ours != theirs:
            self.faults.append(f"{what}: ours {ours}, theirs {theirs}")


def ends(interval):
    return [None, None] if interval is None else [interval["lower"], interval["upper"]]


def numbers(name, found):
    """A statistic of evaluation.json in the order of paired_statistics.py."""
    if found is None or "undefined" in found:
        return found
    if name in ("pearson", "spearman"):
        return [found["coefficient"], found.get("p"), *ends(found.get("interval"))]
    if name == "line":
        return [found["slope"], *ends(found.get("slope_interval")), found["intercept"],
                *ends(found.get("intercept_interval"))]
    if name == "bland_altman":
        return [found["bias"], found["sd"], *ends(found["limits"]), *ends(found["bias_interval"]),
                *ends(found["lower_limit_interval"]), *ends(found["upper_limit_interval"])]
    if name in ("deming", "passing_bablok"):
        return [v for part in ("slope", "intercept")
                for v in (found[part]["value"], *ends(found[part].get("interval")))]
    return [found["value"], *ends(found.get("interval"))]


def agreement(check, what, ours, x, y):
    if len(x) == 0:
        check.same(what, ours, None)
        return
    check.equal(f"{what}, n", ours["n"], len(x))
    size = float(numpy.abs(numpy.concatenate([x, y])).max())
    theirs = paired_statistics.expected(x, y)
    for theirname, ourname in (
            ("pearson", "pearson"), ("spearman", "spearman"), ("line", "line"),
            ("bland_altman", "bland_altman"), ("lin", "lin_concordance"), ("icc", "icc_2_1"),
            ("deming", "deming"), ("passing_bablok", "passing_bablok")):
        if theirname in theirs:
            unit = theirname in ("line", "bland_altman", "deming", "passing_bablok")
            check.same(f"{what}, {ourname}", numbers(theirname, ours[ourname]), theirs[theirname],
                       size if unit else 1e-3)
    line = ours["line"]
    if "undefined" not in line:
        fit = sm.OLS(y, sm.add_constant(x)).fit()
        check.same(f"{what}, residuals", line.get("residual_sd"),
                   math.sqrt(fit.ssr / (len(x) - 2)) if len(x) > 2 else None, size)
        check.same(f"{what}, r squared", line.get("r_squared"),
                   r2_score(y, fit.predict()) if varies(y) else None)
    check.same(f"{what}, mean absolute error", ours["mean_absolute_error"], mean_absolute_error(x, y))
    check.same(f"{what}, median absolute error", ours["median_absolute_error"],
               numpy.median(numpy.abs(x - y)))


def kappa(check, what, ours, a, b, weights):
    # Where all agree by chance there is no coefficient; statsmodels' error is that of five classes.
    theirs = paired_statistics.kappa(a, b, weights) if len(set(a) | set(b)) > 1 else None
    if theirs is None:
        check.same(what, ours, None)
        return
    value, error = theirs
    half = st.norm.ppf(0.975) * error
    check.same(what, ours if "undefined" in ours else [
        ours["coefficient"], ours["standard_error"], *ends(ours["interval"])],
        [value, error, max(value - half, -1), min(value + half, 1)])


def share(check, what, ours, k, n):
    theirs = wilson(k, n)
    check.same(what, ours if "undefined" in ours else [ours["share"], *ends(ours["interval"])], theirs)


def classes_of(scores):
    return numpy.digitize(scores, [1, 10, 100, 400])


def refuse(statistic):
    """A statistic of subjects by their places, NaN where the libraries have none."""
    def value(i):
        try:
            return float(statistic(i))
        except ValueError:
            return math.nan
    return value


def metrics(x, y):
    a, b = classes_of(x), classes_of(y)
    def correlation(f):
        return lambda i: f(x[i], y[i]).statistic if varies(x[i]) and varies(y[i]) else math.nan
    def line(part):
        return lambda i: getattr(st.linregress(x[i], y[i]), part) if varies(x[i]) else math.nan
    def weighted(w):
        return lambda i: cohen_kappa_score(a[i], b[i], labels=range(5), weights=w)
    return {name: refuse(f) for name, f in {
        "pearson": correlation(st.pearsonr), "spearman": correlation(st.spearmanr),
        "slope": line("slope"), "intercept": line("intercept"), "linear_kappa": weighted("linear"),
        "quadratic_kappa": weighted("quadratic"), "bias": lambda i: (y[i] - x[i]).mean(),
        "mean_absolute_error": lambda i: mean_absolute_error(x[i], y[i])}.items()}


def varies(v):
    return len(v) > 1 and (v != v[0]).any()


def interval(check, what, ours, statistic, n, size=1e-3):
    """BCa by SciPy from the same resamples; refused where it does not exist or does not vary."""
    found = ours if ours is None or "undefined" in ours else [
        ours["estimate"], *ends(ours["interval"]), ours["sd"], ours["undefined_resamples"]]
    estimate = statistic(numpy.arange(n)) if n else math.nan
    if n < 3 or math.isnan(estimate):
        return check.same(what, found, None)
    values = numpy.array([statistic(i) for i in resamples(n, RESAMPLES, SEED)])
    missing = int(numpy.isnan(values).sum())
    values = values[numpy.isfinite(values)]
    # Sums in another order differ in the last digits; they are the estimate all the same.
    values[numpy.abs(values - estimate) <= 1e-13 * abs(estimate)] = estimate
    jackknife = numpy.array([statistic(numpy.delete(numpy.arange(n), k)) for k in range(n)])
    if (missing * 20 > RESAMPLES or len(values) < 2 or numpy.isnan(jackknife).any()
            or numpy.ptp(values) <= 1e-12 * abs(estimate)
            or (values < estimate).all() or (values > estimate).all()):
        return check.same(what, found, None)
    if numpy.ptp(jackknife) <= 1e-14 * abs(jackknife).max():
        return None  # SciPy divides 0 by 0
    theirs = st.bootstrap(
        (numpy.arange(n),), statistic, vectorized=False, n_resamples=0, method="BCa",
        bootstrap_result=st._resampling.BootstrapResult(None, values, None)).confidence_interval
    return check.same(what, found, [
        estimate, theirs.low, theirs.high, values.std(ddof=1), missing], size)


def comparison(check, what, ours, a, b):
    """Differences of two models by paired resamples, permutations and their exact enumeration."""
    (x, y), (_, z) = a, b
    n = len(x)
    first, second = metrics(x, y), metrics(x, z)
    joint = metrics(numpy.concatenate([x, x]), numpy.concatenate([y, z]))
    size = float(numpy.abs(numpy.concatenate([x, y, z])).max(initial=0))
    tested = {}
    for name in ("pearson", "spearman", "slope", "linear_kappa", "bias", "mean_absolute_error"):
        row, scale = ours[name], size if name in ("bias", "mean_absolute_error") else 1e-3
        interval(check, f"{what}, {name}", row["difference"],
                 lambda i: first[name](i) - second[name](i), n, scale)
        own = numpy.arange(n)
        values = first[name](own), second[name](own)
        if n < 2 or any(math.isnan(v) for v in values):
            check.same(f"{what}, {name}, p", row["test"], None)
            continue
        difference, slack = values[0] - values[1], 1e-12 * max(map(abs, values))
        extreme = 0
        for k in range(RESAMPLES):
            swapped = exchanges(n, SEED, k)
            d = joint[name](own + n * swapped) - joint[name](own + n * ~swapped)
            extreme += not abs(d) < abs(difference) - slack
        tested[name] = (1 + extreme) / (1 + RESAMPLES)
        found = row["test"]
        check.same(f"{what}, {name}, p", found if "undefined" in found else [
            found["difference"], found["p"]], [difference, tested[name]], max(scale, 1e-3))
        if n <= 10 and "undefined" not in found and abs(difference) > slack:
            exact = st.permutation_test(
                (own, own + n), lambda i, j: joint[name](i.astype(int)) - joint[name](j.astype(int)),
                permutation_type="samples", n_resamples=numpy.inf, vectorized=False).pvalue
            check.compared += 1
            allowed = 5 * math.sqrt(exact * (1 - exact) / RESAMPLES) + 2 / RESAMPLES
            if not abs(found["p"] - exact) < allowed:
                check.faults.append(f"{what}, {name}: p {found['p']}, enumerated {exact}")
    if tested:
        corrected = multipletests(list(tested.values()), method="holm")[1]
        for name, p in zip(tested, corrected, strict=True):
            check.same(f"{what}, {name}, p by Holm", ours[name]["p_holm"], p)


# Lesions

def components(mask):
    """Connected components over faces, edges and corners, and how many."""
    return scipy.ndimage.label(mask, numpy.ones((3, 3, 3)))


def read(folder, kind, name):
    """Labels and the volume of a voxel."""
    image = nibabel.load(folder / kind / f"{name}.nii.gz")
    return numpy.asarray(image.dataobj), float(numpy.prod(image.header.get_zooms()))


def most(labels):
    """The label that occurs most, the lowest of several."""
    values, counts = numpy.unique(labels, return_counts=True)
    return int(values[counts.argmax()])


def by_artery(check, what, ours, scans):
    """Which artery the found lesions get, where both masks tell arteries apart."""
    masks = [m for s in scans for m in s["labels"]]
    if any(max((m.max() for m in masks[k::2]), default=0) < 2 for k in (0, 1)):
        check.equal(f"{what}, arteries", ours, None)
        return
    counts, missed = numpy.zeros((4, 4), int), [0] * 4
    for reference, predicted in (s["labels"] for s in scans):
        a, n = components(reference != 0)
        for i in range(1, n + 1):
            row, shared = most(reference[a == i]) - 1, predicted[(a == i) & (predicted != 0)]
            if len(shared):
                counts[row, most(shared) - 1] += 1
            else:
                missed[row] += 1
    check.equal(f"{what}, arteries", [ours["counts"], ours["missed"]], [counts.tolist(), missed])


def scan(folder, model, name, by_probability):
    """Of one scan: reference lesions (volume, partners), predicted ones (volume, rank, partners)."""
    (reference, voxel), (predicted, _) = read(folder, "reference", name), read(folder, model, name)
    labels = reference, predicted
    reference, predicted = reference != 0, predicted != 0
    (a, na), (b, nb) = components(reference), components(predicted)
    rank = None
    if by_probability:
        background = numpy.load(folder / model / f"{name}.npz")["probabilities"][0]
        rank = (1 - background).transpose(2, 1, 0)
    left = [((a == i).sum() * voxel, sorted(set(b[a == i]) - {0})) for i in range(1, na + 1)]
    right = []
    for i in range(1, nb + 1):
        volume = (b == i).sum() * voxel
        right.append((volume, float(rank[b == i].max()) if by_probability else volume,
                      sorted(set(a[b == i]) - {0})))
    dice = f1_score(reference.ravel(), predicted.ravel()) if na + nb else math.nan
    return {"reference": left, "predicted": right, "dice": dice, "masks": (reference, predicted),
            "labels": labels}


def lesions(check, what, ours, folder, model, names):
    by_probability = "--probabilities" in (folder / "arguments").read_text()
    scans = [scan(folder, model, name, by_probability) for name in names]
    check.equal(f"{what}, scans", ours["scans"], len(scans))
    masks = [s["masks"] for s in scans]
    check.equal(f"{what}, slices", [ours["slices"], ours["slices_with_reference"]],
                [sum(r.shape[2] for r, _ in masks),
                 int(sum(r.any(axis=(0, 1)).sum() for r, _ in masks))])
    check.equal(f"{what}, empty scans",
                [ours["scans_without_calcium"], ours["scans_with_false_calcium_only"]],
                [sum(not r.any() and not p.any() for r, p in masks),
                 sum(not r.any() and p.any() for r, p in masks)])
    check.same(f"{what}, pooled Dice", ours["pooled_dice"], f1_score(
        *(numpy.concatenate([m[k].ravel() for m in masks]) for k in (0, 1))))
    dice = numpy.array([s["dice"] for s in scans])
    dice = dice[~numpy.isnan(dice)]
    check.same(f"{what}, mean Dice", ours["mean_dice"], dice.mean())
    interval(check, f"{what}, mean Dice interval", ours["dice_bootstrap"], lambda i: dice[i].mean(),
             len(dice))
    by_artery(check, what, ours.get("arteries"), scans)
    lesion_counts(check, what, ours, scans)
    free_response(check, what, ours, scans, by_probability)


def lesion_counts(check, what, ours, scans):
    """Lesions found and invented by size, and their rates with intervals over the scans."""
    rows = {"all": (0, math.inf), **BANDS}
    for row in [ours["all"], *ours["by_size"]]:
        low, high = rows.pop(row["size"])
        counts = numpy.array([[
            sum(low <= v < high for v, _ in s["reference"]),
            sum(low <= v < high and len(p) > 0 for v, p in s["reference"]),
            sum(low <= v < high for v, _, _ in s["predicted"]),
            sum(low <= v < high and len(p) == 0 for v, _, p in s["predicted"])] for s in scans])
        check.equal(f"{what}, lesions {row['size']}", [
            row["reference"], row["found"], row["predicted"], row["false_positives"]],
            counts.sum(axis=0).tolist())

        def rate(of):
            def value(i):
                reference, found, predicted, wrong = counts[i].sum(axis=0)
                s = found / reference if reference else math.nan
                p = (predicted - wrong) / predicted if predicted else math.nan
                f = 0.0 if s + p == 0 else 2 * s * p / (s + p)
                return {"sensitivity": s, "precision": p, "f1": f,
                        "false_positives_per_scan": wrong / len(i)}[of]
            return value
        for name, result in row["metrics"].items():
            interval(check, f"{what}, {name} of lesions {row['size']}", result, rate(name), len(scans))
    check.equal(f"{what}, bands", list(rows), [])


def free_response(check, what, ours, scans, by_probability):
    """Found lesions over false ones per scan, as the predicted lesions are taken by rank."""
    total = sum(len(s["reference"]) for s in scans)
    curve, last = [], None
    for least in sorted({r for s in scans for _, r, _ in s["predicted"]}, reverse=True):
        wrong = sum(r >= least and not p for s in scans for _, r, p in s["predicted"])
        found = sum(any(s["predicted"][k - 1][1] >= least for k in p)
                    for s in scans for _, p in s["reference"])
        if (wrong, found) != last and (wrong or found):
            curve.append([least, wrong / len(scans), found / total])
            last = (wrong, found)
    check.equal(f"{what}, ranked by", ours["free_response_ranked_by"],
                "probability" if by_probability else "volume")
    check.same(f"{what}, free response", [v for p in ours["free_response"] for v in (
        p["least"], p["false_positives_per_scan"], p["sensitivity"])], numpy.ravel(curve))


# One model

def cutoff(check, what, ours, p, q):
    """Who is above a cut-off by reference and by prediction."""
    tp, fp, fn, tn = ((p & q).sum(), (~p & q).sum(), (p & ~q).sum(), (~p & ~q).sum())
    check.equal(what, list(ours["counts"][k] for k in (
        "true_positives", "false_positives", "false_negatives", "true_negatives")), [tp, fp, fn, tn])
    for key, k, n in (("sensitivity", tp, tp + fn), ("specificity", tn, tn + fp), ("ppv", tp, tp + fp),
                      ("npv", tn, tn + fn)):
        share(check, f"{what}, {key}", ours[key], k, n)
    jaccard = wilson(tp, tp + fp + fn)
    check.same(f"{what}, F1", numbers("f1", ours["f1"]), None if jaccard is None else [
        f1_score(p, q), *(2 * v / (1 + v) for v in jaccard[1:])])


def vessels_with_calcium(check, what, ours, table):
    """How many arteries have calcium, where all four are known on both sides."""
    sides = [numpy.array([table[f"{side}_{a}"] for a in ARTERIES], float)
             for side in ("given", "computed")]
    known = numpy.isfinite(sides[0]).all(axis=0) & numpy.isfinite(sides[1]).all(axis=0)
    vessels = [(s[:, known] > 0).sum(axis=0) for s in sides]
    if known.any():
        found = ours["vessel_count"]
        check.equal(f"{what}, vessels", found["confusion"]["counts"],
                    confusion_matrix(*vessels, labels=range(5)).tolist())
        check.same(f"{what}, vessels", [found["n"], found["accuracy"], found["bias"]],
                   [known.sum(), accuracy_score(*vessels), (vessels[1] - vessels[0]).mean()])
        kappa(check, f"{what}, vessels, kappa", found["linear_kappa"], *vessels, "linear")


def risk_classes(check, what, ours, subjects, x, y):
    """The five classes of the score: confusion, kappas, shares, who is two classes apart."""
    a, b = classes_of(x), classes_of(y)
    check.equal(f"{what}, classes", ours["classes"]["confusion"]["counts"],
                confusion_matrix(a, b, labels=range(5)).tolist())
    for weights in ("linear", "quadratic"):
        kappa(check, f"{what}, {weights} kappa", ours["classes"][f"{weights}_kappa"], a, b, weights)
    share(check, f"{what}, same class", ours["classes"]["same_class"], int((a == b).sum()), len(a))
    check.same(f"{what}, accuracy", ours["classes"]["accuracy"], accuracy_score(a, b))
    found = recall_score(a, b, labels=range(5), average=None, zero_division=numpy.nan)
    check.same(f"{what}, found by class", ours["classes"]["sensitivities"], found)
    for key, side in (("calcium_sensitivity", x > 0), ("calcium_specificity", x == 0)):
        theirs = accuracy_score(x[side] > 0, y[side] > 0) if side.any() else None
        check.same(f"{what}, {key}", ours.get(key), theirs)
    check.equal(f"{what}, two classes apart", [row["subject"] for row in ours["two_classes_apart"]],
                [s for s, p, q in zip(subjects, a, b, strict=True) if abs(p - q) >= 2])


def resampled(check, what, ours, x, y):
    size = float(numpy.abs(numpy.concatenate([x, y])).max())
    for name, statistic in metrics(x, y).items():
        unit = name in ("bias", "intercept", "mean_absolute_error")
        interval(check, f"{what}, {name} by resampling", ours[name], statistic, len(x),
                 size if unit else 1e-3)


def subgroups(check, what, ours, folder, x, y):
    """The metrics of each group of people.csv."""
    people = [line.split(",") for line in (folder / "people.csv").read_text().splitlines()]
    for index, column in enumerate(people[0][1:], start=1):
        groups = {g["value"]: g for s in ours["subgroups"] if s["column"] == column
                  for g in s["groups"]}
        values = numpy.array([row[index] for row in people[1:]])
        check.equal(f"{what}, groups of {column}", {v: g["n"] for v, g in groups.items()},
                    {str(v): int((values == v).sum()) for v in numpy.unique(values)})
        for value, group in groups.items():
            resampled(check, f"{what}, {column} {value}", group["metrics"], x[values == value],
                      y[values == value])


def model(check, what, ours, folder, name):
    """Everything of one model; the scores by reference and by prediction that both have."""
    table = numpy.genfromtxt(folder / f"{name}.csv", delimiter=",", names=True, dtype=None,
                             encoding="utf8", ndmin=1)

    def pairs(a, b):
        x, y = (numpy.array(table[k], float) for k in (a, b))
        both = numpy.isfinite(x) & numpy.isfinite(y)
        return x[both], y[both]

    subjects = [str(v) for v in table["patient_name"]]
    x, y = pairs("given_agatston", "computed_agatston")
    agreement(check, f"{what}, score", ours["agatston"], x, y)
    agreement(check, f"{what}, volume", ours["volume"], *pairs("given_vol", "computed_vol"))
    agreement(check, f"{what}, mass", ours["mass"], *pairs("given_mass", "computed_mass"))
    for artery in ARTERIES:
        p, q = pairs(f"given_{artery}", f"computed_{artery}")
        agreement(check, f"{what}, {artery}", ours["arteries"].get(artery), p, q)
        detected = (ours.get("arteries_with_calcium") or {}).get(artery)
        check.equal(f"{what}, {artery}, known", detected is not None, len(p) > 0)
        if detected:
            cutoff(check, f"{what}, {artery} with calcium", detected, p > 0, q > 0)
    vessels_with_calcium(check, what, ours, table)
    risk_classes(check, what, ours, subjects, x, y)
    dice = numpy.array(table["dice"], float)
    check.same(f"{what}, mean Dice", ours.get("mean_dice"),
               numpy.nanmean(dice) if numpy.isfinite(dice).any() else None)
    for row in ours["cutoffs"]:
        holds = CUTOFFS[row["cutoff"]]
        cutoff(check, f"{what}, {row['cutoff']}", row, holds(x), holds(y))
    check.equal(f"{what}, cut-offs", [row["cutoff"] for row in ours["cutoffs"]], list(CUTOFFS))
    resampled(check, what, ours["bootstrap"], x, y)
    subgroups(check, what, ours, folder, x, y)
    if "--masks" in (folder / "arguments").read_text():
        lesions(check, f"{what}, lesions", ours["lesions"], folder, name, subjects)
    return x, y


def check(folder):
    check = Check()
    cohorts = sorted(p for p in folder.iterdir() if p.is_dir())
    for cohort in cohorts:
        ours = json.loads((cohort / "out/evaluation.json").read_text())
        a, b = (model(check, f"{cohort.name}, {name}", found, cohort, name)
                for name, found in zip("ab", ours, strict=True))
        comparison(check, f"{cohort.name}, a less b", ours[0]["comparisons"][0]["metrics"], a, b)
    for fault in check.faults[:30]:
        print(f"parity: {fault}", file=sys.stderr)
    print(f"evaluation: {len(cohorts)} cohorts, {check.compared} compared, {check.refused} refused on "
          f"both sides, {len(check.faults)} differ")
    sys.exit(1 if check.faults else 0)


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("make", "check"):
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "make":
        seed = int(sys.argv[3]) if len(sys.argv) > 3 else numpy.random.SeedSequence().entropy % 10**9
        print(f"evaluation: seed {seed}")
        draw(folder, seed)
    else:
        check(folder)


if __name__ == "__main__":
    main()
