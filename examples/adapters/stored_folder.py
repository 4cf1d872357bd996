"""Ten lines that turn a folder of answers, however it is named, into a scored run:
they write the `answers.jsonl` that `--model replay:FOLDER` reads.

    python3 stored_folder.py FOLDER
"""
import json, pathlib, re, sys

folder = pathlib.Path(sys.argv[1])
with open(folder / "answers.jsonl", "w", encoding="utf-8") as out:
    for image in sorted(folder.rglob("*.png")):
        # Yours to change: how a file name becomes the id of a task.
        task = re.sub(r"^out_|_edited$", "", image.stem)
        text = image.with_name(image.stem + "_thinking.txt")
        record = {"task": task, "image": image.relative_to(folder).as_posix()}
        record["reasoning"] = text.read_text(encoding="utf-8") if text.exists() else None
        out.write(json.dumps(record) + "\n")
