"""What the judges in this folder share: the command protocol. Standard output belongs to it, so `serve` takes it away
from everything else: prints of a model's own code go to standard error."""
import json
import os
import sys


class NoMark(Exception):
    """The judge gives no mark: the mark is missing under this reason, never a number."""

    def __init__(self, reason, words):
        super().__init__(words)
        self.reason = reason


def serve(name, version, axes, mark, batch=1, joint=False):
    """Says hello and answers requests until standard input ends. `mark` takes a request and gives the fields of the
    reply: `marks`, `values`, `rationale`. With a `batch` above 1 it takes a list of requests, at most so many, and gives a
    list. With `joint` a request may name several axes."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message):
        print(json.dumps(message), file=replies, flush=True)

    def marked(requests):
        try:
            return mark(requests) if batch > 1 else [mark(requests[0])]
        except NoMark as error:
            reasons = [{axis: error.reason for axis in request["axes"]} for request in requests]
            return [{"missing": missing, "rationale": str(error)} for missing in reasons]

    say({"hello": 1, "role": "judge", "name": name, "version": version, "axes": axes, "batch": batch, "joint": joint})
    for line in sys.stdin:
        message = json.loads(line)
        requests = message["batch"] if batch > 1 else [message]
        for request, reply in zip(requests, marked(requests), strict=True):
            say({"id": request["id"], **reply})
