# SPDX-License-Identifier: Apache-2.0
"""The tables of scripts/compare-networks, as Markdown: one for each protocol, and what each network costs."""
import json
import math


def number(value, digits=2):
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def interval(bounds, digits=2):
    if not bounds:
        return ""
    return f" [{number(bounds['lower'], digits)}, {number(bounds['upper'], digits)}]"


def resampled(model, key):
    found = (model.get("bootstrap") or {}).get(key) or {}
    if "estimate" not in found:
        return "–"
    return number(found["estimate"]) + interval(found.get("interval"))


def share(found):
    return f"{number(found['share'])}{interval(found.get('interval'))}" if "share" in found else "–"


def right(model):
    """The share of subjects of the right class, with Wilson's interval of 95 %."""
    held = model["held_out"]
    n = len(held)
    k = sum(one["class_reference"] == one["class_computed"] for one in held)
    z, p = 1.96, k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{k} of {n} [{100 * (middle - half):.0f}, {100 * (middle + half):.0f} %]"


def lesions(model):
    metrics = ((model.get("lesions") or {}).get("all") or {}).get("metrics") or {}
    if isinstance(metrics, list):  # Keys and values in turn.
        metrics = dict(zip(metrics[::2], metrics[1::2]))
    found = metrics.get("f1") or {}
    return number(found.get("estimate")) + interval(found.get("interval"))


def accuracy(folder, names, protocol, slug):
    print(f"\n{protocol}:\n")
    print("| network | risk class right | ρ | linear κ | healthy ones above 0 | F1 of lesions |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in names:
        part = folder / "measured" / slug(name) / protocol
        if not (part / "done.json").exists():
            print(f"| {name} | not run | | | | |")
            continue
        model = json.loads((part / "evaluation/evaluation.json").read_text())
        model = model[0] if isinstance(model, list) else model
        healthy = [one for one in model["held_out"] if one["reference"] == 0]
        above = sum(one["computed"] > 0 for one in healthy)
        print("| " + " | ".join([
            name, right(model), resampled(model, "spearman"), resampled(model, "linear_kappa"),
            f"{above} of {len(healthy)}", lesions(model)]) + " |")


def cost(folder, names, protocols, slug, parameters, operations):
    print("\nWhat they cost, in processor time of one thread:\n")
    print("| network | trained, min | steps | parameters | "
          + " | ".join(f"TFLOP a {p} scan | {p}, s a scan" for p in protocols) + " | memory, MiB |")
    print("| --- " * (5 + 2 * len(protocols)) + "|")
    for name in names:
        trained = folder / "trained" / f"{slug(name)}.json"
        state = json.loads(trained.read_text()) if trained.exists() else {}
        columns, memory = [], 0
        for protocol in protocols:
            done = folder / "measured" / slug(name) / protocol / "done.json"
            flops = operations(name, protocol)
            columns.append(number(flops and flops / 1e12, 2))
            if done.exists():
                found = json.loads(done.read_text())
                columns.append(number(found["seconds"] / found["scans"], 1))
                memory = max(memory, found["memory"])
            else:
                columns.append("–")
        count = parameters(name)
        print("| " + " | ".join([
            name, number(state.get("minutes"), 1), str(state.get("steps", "–")),
            f"{count:,}" if count else "–", *columns, f"{memory:,.0f}" if memory else "–"]) + " |")


def show(folder, names, protocols, slug, parameters, operations):
    for protocol in protocols:
        accuracy(folder, names, protocol, slug)
    cost(folder, names, protocols, slug, parameters, operations)
