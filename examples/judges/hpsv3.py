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
    score = lambda prompts, paths: [reward[0].item() for reward in inferencer.reward(prompts, image_paths=paths)]
    return score, version("hpsv3")


def fake(_device):
    one = lambda prompt, path: (len(prompt) + os.path.getsize(path)) % 1600 / 100 - 0.12345
    return lambda prompts, paths: [one(*pair) for pair in zip(prompts, paths)], "fake"


parser = argparse.ArgumentParser()
parser.add_argument("--fake", action="store_true")
parser.add_argument("--device", default="cuda")
parser.add_argument("--batch", type=int, default=16)
options = parser.parse_args()
rewards, release = (fake if options.fake else real)(options.device)


def mark(requests):
    found = rewards([request["instruction"] for request in requests], [request["output"] for request in requests])
    return [{"values": {"hpsv3": reward}} for reward in found]


serve("hpsv3", release, ["image_alignment", "hpsv3"], mark, batch=max(2, options.batch), joint=True)
