# SPDX-License-Identifier: Apache-2.0
"""Risks of drawn people: pyprevent, ascvd and cvd_risk (SCORE2, SCORE2-OP) beside cac.

    python -m Oracles.parity.risk draw PEOPLE.csv SEED
    python -m Oracles.parity.risk compare PEOPLE.csv RISK.csv

ascvd rounds its risks to 0.1 %, and has one digit more of some coefficients than the publication: for
Black women that is up to 1 % of a risk.
"""
import csv
import random
import sys

import ascvd
import pyprevent
from cvd_risk.core.validation import PatientData
from cvd_risk.models.score2 import SCORE2
from cvd_risk.models.score2op import SCORE2OP

REGIONS = ["low", "moderate", "high", "very-high"]
FLAGS = ["pressure_medication", "lipid_medication", "diabetes", "smoker", "family_history"]


def draw(path, seed):
    draw = random.Random(seed)
    with open(path, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(
            ["id", "age", "sex", "race", "total_cholesterol_mg_dl", "hdl_mg_dl", "systolic_mmhg", "bmi", "egfr", "region"]
            + FLAGS
        )
        for number in range(2000):
            table.writerow(
                [
                    number,
                    draw.randint(40, 89),
                    draw.choice(["female", "male"]),
                    draw.choice(["white", "black"]),
                    draw.randint(130, 320),
                    draw.randint(20, 100),
                    draw.randint(90, 200),
                    round(draw.uniform(18.5, 39.9), 1),
                    round(draw.uniform(15, 140), 1),
                    draw.choice(REGIONS),
                ]
                + [draw.choice(["yes", "no"]) for _ in FLAGS]
            )


def compare(people, risks):
    with open(risks) as file:
        ours = {(row["id"], row["model"], row["outcome"]): float(row["value"]) for row in csv.DictReader(file) if row["value"]}
    worst = {"prevent": 0.0, "pce": 0.0, "score2": 0.0, "score2-op": 0.0}
    wrong = []
    counts = dict.fromkeys(worst, 0)
    older, middle = SCORE2OP(), SCORE2()
    with open(people) as file:
        for row in csv.DictReader(file):
            flag = {name: row[name] == "yes" for name in FLAGS}
            if float(row["hdl_mg_dl"]) >= float(row["total_cholesterol_mg_dl"]):
                continue
            shared = [
                row["sex"],
                float(row["age"]),
                float(row["total_cholesterol_mg_dl"]),
                float(row["hdl_mg_dl"]),
                float(row["systolic_mmhg"]),
                flag["diabetes"],
                flag["smoker"],
            ]
            renal = [float(row["bmi"]), float(row["egfr"])]
            drugs = [flag["pressure_medication"], flag["lipid_medication"]]
            person = PatientData(
                age=int(row["age"]), sex=row["sex"], systolic_bp=float(row["systolic_mmhg"]),
                total_cholesterol=float(row["total_cholesterol_mg_dl"]) / 38.67,
                hdl_cholesterol=float(row["hdl_mg_dl"]) / 38.67, smoking=flag["smoker"],
                diabetes=flag["diabetes"], region=row["region"].replace("-", "_"))
            name, model = ("score2-op", older) if person.age >= 70 else ("score2", middle)
            # The package has no term of diabetes in SCORE2, which is not meant for it.
            if name == "score2-op" or not flag["diabetes"]:
                difference = abs(ours[row["id"], name, "10-year CVD"] - model.calculate(person).risk_score)
                worst[name] = max(worst[name], difference)
                if difference > 0.01:
                    wrong.append(f"{row['id']}: {name}")
                counts[name] += 1
            if person.age > 79:
                continue
            theirs = {
                "10-year CVD": pyprevent.calculate_10_yr_cvd_risk(*shared, *renal, *drugs),
                "10-year ASCVD": pyprevent.calculate_10_yr_ascvd_risk(*shared, *renal, *drugs),
                "10-year heart failure": pyprevent.calculate_10_yr_heart_failure_risk(*shared, *renal, *drugs),
            }
            for outcome, value in theirs.items():
                difference = abs(ours[row["id"], "prevent", outcome] - value)
                worst["prevent"] = max(worst["prevent"], difference)
                if difference > 0.001:
                    wrong.append(f"{row['id']}: {outcome}")
                counts["prevent"] += 1
            value = ascvd.compute_ten_year_score(
                row["sex"] == "male",
                row["race"] == "black",
                flag["smoker"],
                flag["pressure_medication"],
                flag["diabetes"],
                int(row["age"]),
                int(row["systolic_mmhg"]),
                int(row["total_cholesterol_mg_dl"]),
                int(row["hdl_mg_dl"]),
            )
            if value is not None:
                difference = abs(ours[row["id"], "pce", "10-year ASCVD"] - value)
                worst["pce"] = max(worst["pce"], difference)
                if difference > 0.06 + 0.01 * value:
                    wrong.append(f"{row['id']}: pce")
                counts["pce"] += 1
    for name, difference in worst.items():
        print(f"{name}: {counts[name]} risks, largest difference {difference:.3g} percentage points")
    if wrong:
        sys.exit(f"parity: {len(wrong)} risks differ, the first of {wrong[0]}")


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        draw(sys.argv[2], int(sys.argv[3]))
    else:
        compare(sys.argv[2], sys.argv[3])
