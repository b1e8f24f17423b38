# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/experiments/calcium-options: one row for each variant that is done, as Markdown.

    python3 scripts/experiments/calcium_options_table.py CAC FOLDER VARIANT...

The first variant is the base. Differences are on the same subjects, by the paired bootstrap.
Variants that begin with the base's weights get a table of the arteries instead. Of a subject's score
that both reference and prediction have, a part lies in another artery in each: half of what the
arteries' differences exceed that of the totals. Its share over all subjects is given with the
percentile interval of 2,000 resamples of the subjects.
"""
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile


def interval(value, bounds, digits=2):
    return f"{value:.{digits}f} ({bounds['lower']:.{digits}f} to {bounds['upper']:.{digits}f})"


def resampled(model, key):
    found = model["bootstrap"].get(key) or {}
    if "estimate" not in found:
        return "undefined"
    if not found.get("interval"):
        return f"{found['estimate']:.2f}"
    return interval(found["estimate"], found["interval"])


def share(cutoff, key):
    found = cutoff.get(key) or {}
    return interval(found["share"], found["interval"]) if found.get("interval") else "undefined"


def in_another_artery(table):
    """What is scored in another artery than the reference has it in, and what both score."""
    pairs = []
    for row in csv.DictReader(table.open()):
        given, computed = ([float(row[f"{k}_{a}"]) for a in ("LM", "LAD", "LCX", "RCA")]
                           for k in ("given", "computed"))
        apart = sum(abs(g - c) for g, c in zip(given, computed))
        pairs.append(((apart - abs(sum(given) - sum(computed))) / 2, min(sum(given), sum(computed))))
    return pairs


def misplaced(pairs):
    """Per cent of the score that lies in another artery."""
    return 100 * sum(a for a, _ in pairs) / (sum(b for _, b in pairs) or 1)


def arteries(folder, names):
    print("| variant | score in another artery, % | vessels counted, linear κ | total, linear κ |")
    print("| --- | --- | --- | --- |")
    for name in names:
        model = json.loads((folder / name / "evaluation" / "evaluation.json").read_text())
        model = model[0] if isinstance(model, list) else model
        pairs = in_another_artery(folder / name / "RESULT.csv")
        draw = random.Random(1)
        many = sorted(misplaced(draw.choices(pairs, k=len(pairs))) for _ in range(2000))
        vessels = model["vessel_count"]["linear_kappa"]
        print("| " + " | ".join([
            name, interval(misplaced(pairs), {"lower": many[50], "upper": many[1949]}, 0),
            interval(vessels["coefficient"], vessels["interval"]),
            resampled(model, "linear_kappa")]) + " |")


def main(cac, folder, names):
    folder = pathlib.Path(folder)
    if any(name.startswith(("straight", "mirrored", "sides")) for name in names):
        return arteries(folder, [name for name in names if name != "base"])
    seconds = {n: (folder / n / "seconds").read_text().strip() for n in names}
    with tempfile.TemporaryDirectory() as work:
        tables = []
        for name in names:  # evaluate names a model after its table.
            table = pathlib.Path(work) / f"{name}.csv"
            table.write_text((folder / name / "RESULT.csv").read_text())
            tables.append(str(table))
        out = pathlib.Path(work) / "out"
        subprocess.run([cac, "evaluate", *tables, "--out", str(out)], check=True,
                       stdout=subprocess.DEVNULL)
        models = json.loads((out / "evaluation.json").read_text())
    models = models if isinstance(models, list) else [models]
    print("| variant | Spearman ρ | linear κ | Pearson r | calcium found | none found where none is "
          "| κ less the base's | training s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, model in zip(names, models):
        cut = next(c for c in model["cutoffs"] if c["cutoff"] == ">0")
        # evaluate gives the base less the variant; the table shows what the variant adds.
        pair = next((c for c in models[0]["comparisons"] if c["minus"] == name), None)
        found = pair["metrics"]["linear_kappa"]["difference"] if pair else {}
        difference = "–" if pair is None else "undefined"
        if found.get("interval"):
            bounds = found["interval"]
            difference = interval(
                -found["estimate"], {"lower": -bounds["upper"], "upper": -bounds["lower"]})
        print("| " + " | ".join([
            name, resampled(model, "spearman"), resampled(model, "linear_kappa"),
            resampled(model, "pearson"),
            share(cut, "sensitivity"), share(cut, "specificity"), difference, seconds[name]]) + " |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
