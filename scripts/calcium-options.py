# SPDX-License-Identifier: Apache-2.0
"""The table of scripts/calcium-options: one row for each variant that is done, as Markdown.

    python3 scripts/calcium-options.py CAC FOLDER VARIANT...

The first variant is the base. Differences are on the same subjects, by the paired bootstrap.
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def interval(value, bounds, digits=2):
    return f"{value:.{digits}f} ({bounds['lower']:.{digits}f} to {bounds['upper']:.{digits}f})"


def resampled(model, key):
    found = model["bootstrap"].get(key) or {}
    if "estimate" not in found:
        return "undefined"
    return interval(found["estimate"], found["interval"]) if found.get("interval") else f"{found['estimate']:.2f}"


def share(cutoff, key):
    found = cutoff.get(key) or {}
    return interval(found["share"], found["interval"]) if found.get("interval") else "undefined"


def main(cac, folder, names):
    folder = pathlib.Path(folder)
    seconds = {n: (folder / n / "seconds").read_text().strip() for n in names}
    with tempfile.TemporaryDirectory() as work:
        tables = []
        for name in names:  # evaluate names a model after its table.
            table = pathlib.Path(work) / f"{name}.csv"
            table.write_text((folder / name / "RESULT.csv").read_text())
            tables.append(str(table))
        out = pathlib.Path(work) / "out"
        subprocess.run([cac, "evaluate", *tables, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        models = json.loads((out / "evaluation.json").read_text())
    models = models if isinstance(models, list) else [models]
    print("| variant | Spearman ρ | linear κ | Pearson r | calcium found | none found where none is | κ less the base's | training s |")
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
            name, resampled(model, "spearman"), resampled(model, "linear_kappa"), resampled(model, "pearson"),
            share(cut, "sensitivity"), share(cut, "specificity"), difference, seconds[name]]) + " |")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
