"""HPSv3 (arXiv 2508.03789) as a judge: how well people like a picture for a prompt, a number without ends.

Install: pip install hpsv3 (it fetches its weights). The call is that of the project's README; it was not run here, since
no GPU was at hand. `--fake` runs the same code over a stand-in without a model, to try the wiring.
"""
import argparse
import os

from judge import serve


def real(device):
    from importlib.metadata import version

    from hpsv3 import HPSv3RewardInferencer

    inferencer = HPSv3RewardInferencer(device=device)
    # Mean and variance of a normal distribution; the mean is the score.
    return lambda prompt, path: inferencer.reward([prompt], image_paths=[path])[0][0].item(), version("hpsv3")


def fake(_device):
    return lambda prompt, path: (len(prompt) + os.path.getsize(path)) % 1600 / 100, "fake"


parser = argparse.ArgumentParser()
parser.add_argument("--fake", action="store_true")
parser.add_argument("--device", default="cuda")
options = parser.parse_args()
reward, release = (fake if options.fake else real)(options.device)
serve(
    "hpsv3",
    release,
    ["image_alignment"],
    lambda request: {"values": {"hpsv3": reward(request["instruction"], request["output"])}},
)
