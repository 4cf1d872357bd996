"""EditScore (arXiv 2509.23909) as a judge: how well a picture was edited.

Install: pip install editscore (it fetches its weights). The call is that of the project's README; it was not run here,
since no GPU was at hand. `--fake` runs the same code over a stand-in without a model, to try the wiring.
"""
import argparse
import os

from judge import NoMark, serve


def real(options):
    from importlib.metadata import version

    from PIL import Image
    from editscore import EditScore

    scorer = EditScore(
        backbone=options.backbone,
        model_name_or_path=options.model,
        enable_lora=True,
        lora_path=options.lora,
        score_range=25,
        num_pass=options.passes,
    )

    def score(before, after, instruction):
        pictures = [Image.open(path).convert("RGB") for path in (before, after)]
        return scorer.evaluate(pictures, instruction)["final_score"]

    return score, f"{version('editscore')} {options.lora} passes={options.passes}"


def fake(_options):
    return lambda before, after, instruction: (os.path.getsize(before) + os.path.getsize(after)) % 25, "fake"


parser = argparse.ArgumentParser()
parser.add_argument("--fake", action="store_true")
parser.add_argument("--backbone", default="qwen25vl")
parser.add_argument("--model", default="Qwen/Qwen2.5-VL-7B-Instruct")
parser.add_argument("--lora", default="EditScore/EditScore-7B")
parser.add_argument("--passes", type=int, default=1)
options = parser.parse_args()
score, release = (fake if options.fake else real)(options)


def mark(request):
    inputs = request.get("inputs", [])
    if len(inputs) != 1:
        raise NoMark("no-mark", "EditScore marks edits of one picture")
    return {"values": {"editscore": score(inputs[0], request["output"], request["instruction"])}}


serve("editscore", release, ["image_alignment"], mark)
