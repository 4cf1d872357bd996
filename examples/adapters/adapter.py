"""What all adapters share: the command protocol, seeds, think tags, pictures.

An adapter gives `serve` a function that answers one task. Standard output belongs to the
protocol, so `serve` takes it away from everything else: prints of a model's own code go to
standard error. Nothing here needs more than the standard library.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time


class NoAnswer(Exception):
    """The model cannot be asked this: no answer, and no fault of the answer."""


class Answer:
    """Text and picture of one answer. `None`: the model gave none."""

    def __init__(self, reasoning, image, **details):
        self.reasoning, self.image, self.details = reasoning, image, details


def recipe(recipes, name, kind):
    """The recipe of that name, if it is made for tasks of that kind."""
    fitting = [key for key, value in recipes.items() if kind in value["kinds"]]
    if name not in fitting:
        raise SystemExit(f"no recipe {name!r} for {kind} tasks; there are: {', '.join(fitting) or 'none'}")
    return {key: value for key, value in recipes[name].items() if key != "kinds"}


def seed_everything(seed):
    """Seeds every generator that a model may draw from. parabench gives each sample a seed of its own, so
    that an answer does not depend on which tasks came before, on resuming, or on the number of devices."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        torch.manual_seed(seed)
        if torch.cuda.is_available():
            torch.cuda.manual_seed_all(seed)


def think_tags(text):
    """`closed`, `unclosed` (cut by the length limit) or `none`. The text itself is kept raw."""
    if "<think>" not in text:
        return "none"
    return "closed" if "</think>" in text else "unclosed"


def revision(repository):
    """The commit of a checkout, or `unknown`."""
    command = ["git", "-C", repository, "rev-parse", "--short=12", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def publish(image, output):
    """Writes a picture so that it is whole or not there, and returns its path."""
    partial, path = output + ".partial", output + ".png"
    image.save(partial, format="PNG")
    os.replace(partial, path)
    return path


def reply(answer, task, seed_all):
    """The reply to one task. Text and picture are published together: by this one line."""
    try:
        seed_all(task["seed"])
        given = answer(task)
        image = None if given.image is None else publish(given.image, task["output"])
        details = dict(given.details, seed=task["seed"])
        if image is not None:
            details["size"] = list(given.image.size)
        if given.reasoning is not None:
            details["think_tags"] = think_tags(given.reasoning)
        return {"reasoning": given.reasoning, "image": image, "details": details}
    except NoAnswer as why:
        return {"error": {"kind": "no-answer", "message": str(why)}}
    except MemoryError as error:
        return {"error": {"kind": "out-of-memory", "message": str(error)}}
    except RuntimeError as error:  # torch.cuda.OutOfMemoryError is one
        if "out of memory" not in str(error).lower():
            raise
        return {"error": {"kind": "out-of-memory", "message": str(error)[:2000]}}


def serve(name, version, thinks, answer, tasks=None, out=None, seed_all=seed_everything):
    """Says hello and answers tasks, one JSON line each, until there are no more."""
    tasks = sys.stdin if tasks is None else tasks
    if out is None:
        out, sys.stdout = sys.stdout, sys.stderr

    def say(value):
        print(json.dumps(value), file=out, flush=True)

    say({"hello": 1, "name": name, "version": version, "thinks": thinks})
    for line in tasks:
        task, begin = json.loads(line), time.monotonic()
        answered = reply(answer, task, seed_all)
        say({"id": task["id"], "timing_ms": {"model": 1000 * (time.monotonic() - begin)}, **answered})


def options(description):
    """A parser with what every adapter needs."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--repo", required=True, help="checkout of the model's repository")
    parser.add_argument("--weights", required=True, help="folder or hub name of the checkpoint")
    return parser


def open_picture(path):
    """The picture to edit, as the models want it."""
    from PIL import Image

    return Image.open(path).convert("RGB")
