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


def serve(name, version, axes, mark):
    """Says hello and answers requests until standard input ends. `mark` takes a request and gives the fields of the
    reply: `marks`, `values`, `rationale`."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(message):
        print(json.dumps(message), file=replies, flush=True)

    say({"hello": 1, "role": "judge", "name": name, "version": version, "axes": axes})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = mark(request)
        except NoMark as error:
            reply = {"missing": {axis: error.reason for axis in request["axes"]}, "rationale": str(error)}
        say({"id": request["id"], **reply})
