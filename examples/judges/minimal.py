"""A complete judge for `command:minimal.toml`, standing in for a judge model.

It loads the judge once, says hello, and answers each JSON line with one JSON line.
Standard output belongs to the protocol; everything else goes to standard error.
"""
import json, re, sys


class Judge:  # Replace: load the weights in __init__, look at the pictures below.
    axes = ["text_alignment"]

    def mark(self, instruction, reasoning, inputs):
        """1 to 5 by the share of the instruction's words that the reasoning repeats."""
        words = lambda text: set(re.findall(r"\w+", text.lower()))
        asked = words(instruction)
        share = len(asked & words(reasoning)) / len(asked) if asked else 0
        return 1 + round(4 * share), f"{share:.0%} of the words, {len(inputs)} input pictures"


judge = Judge()
hello = {"hello": 1, "role": "judge", "name": "minimal", "version": "1", "axes": judge.axes}
print(json.dumps(hello), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    [axis] = request["axes"]
    reply = {"id": request["id"]}
    try:
        mark, why = judge.mark(request["instruction"], request["reasoning"], request.get("inputs", []))
        reply.update(marks={axis: mark}, rationale=why)
    except ValueError as error:  # what this judge cannot mark is missing, never a number
        reply.update(missing={axis: "no-mark"}, rationale=str(error))
    print(json.dumps(reply), flush=True)
