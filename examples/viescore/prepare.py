"""Writes the marks of VIEScore's judges and of ImagenHub's raters in the forms that parabench reads.

    python3 examples/viescore/prepare.py JUDGMENTS.csv RATER1.tsv RATER2.tsv RATER3.tsv

JUDGMENTS.csv has the columns judge, task, model, uid, SC, PQ: the lists of TIGER-AI-Lab/VIEScore as they are stored; an empty cell
is an answer that is absent. Made once; its output lies in this folder.
"""

import csv
import hashlib
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
# Pictures whose edits people mark where the rest is left to the judge.
LABELLED = 40


def judges(path):
    files = {}
    with open(path, newline="") as source:
        for row in csv.DictReader(source):
            for axis in ("SC", "PQ"):
                name = HERE / "judges" / row["judge"] / row["model"] / f"{axis}.json"
                items = files.setdefault(name, {})
                if row[axis]:
                    items[row["uid"]] = {"score": json.loads(row[axis])}
    for name, items in files.items():
        name.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(f"{json.dumps(uid)}: {json.dumps(mark)}" for uid, mark in items.items())
        name.write_text("{\n" + lines + "\n}\n")
    return sorted({name.parent.name for name in files})


def people(paths, models):
    rows = []
    for number, path in enumerate(paths, 1):
        with open(path, newline="") as source:
            for row in csv.DictReader(source, delimiter="\t"):
                for model in models:
                    for axis, score in zip(("sc", "pq"), json.loads(row[model])):
                        rows.append((row["uid"], model, axis, f"rater {number}", f"{score:g}"))
    return sorted(rows)


def picture(task):
    """The source picture of an edit: the number after `sample_`."""
    return task.split("_")[1]


def write(name, rows):
    with open(HERE / name, "w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(("task", "model", "axis", "rater", "score"))
        writer.writerows(rows)


def main():
    judgments, *raters = sys.argv[1:]
    rows = people(raters, judges(judgments))
    write("people.csv", rows)
    # A random sample of pictures, by hash: not chosen by any mark.
    order = sorted({picture(row[0]) for row in rows}, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    drawn = set(order[:LABELLED])
    write("people-40-pictures.csv", [row for row in rows if picture(row[0]) in drawn])


main()
