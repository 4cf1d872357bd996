"""GenEval's own evaluator as a judge of the suite `geneval`: 1 where its detector finds what the prompt asks for, else 0.

Needs a clone of github.com/djghosh13/geneval with its requirements (CUDA, mmdet 2) and the detector's weights. The script
is loaded as it is, and its settings are its defaults. The real backend was not run here, since no GPU was at hand.
`--fake` runs the same code over a stand-in without a detector, to try the wiring.
"""
import argparse
import importlib.util
import json
import os

from judge import NoMark, serve


def real(options):
    place = os.path.join(options.geneval, "evaluation", "evaluate_images.py")
    spec = importlib.util.spec_from_file_location("evaluate_images", place)
    official = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(official)
    config = os.path.join(os.path.dirname(official.mmdet.__file__), "../configs", options.config)
    # What the script sets when it is run itself; its parts look these up in the module.
    official.args = argparse.Namespace(options={}, model_config=config, model_path=options.weights)
    official.object_detector, clip, official.classnames = official.load_models(official.args)
    official.clip_model, official.transform, official.tokenizer = clip
    official.THRESHOLD, official.COUNTING_THRESHOLD = 0.3, 0.9
    official.MAX_OBJECTS, official.NMS_THRESHOLD, official.POSITION_THRESHOLD = 16, 1.0, 0.1
    return official.evaluate_image, "official"


def fake(_options):
    def evaluate(path, metadata):
        return {"correct": os.path.getsize(path) % 2 == 1, "reason": f"a stand-in for {metadata['tag']}"}

    return evaluate, "fake"


def metadata_by_prompt(path):
    """The official conditions of each prompt; `None` where one prompt has two."""
    known = {}
    with open(path, encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            prompt = entry["prompt"]
            known[prompt] = entry if known.get(prompt, entry) == entry else None
    return known


parser = argparse.ArgumentParser()
parser.add_argument("--fake", action="store_true")
parser.add_argument("--geneval", default="geneval", help="the clone")
parser.add_argument("--metadata", default="geneval/prompts/evaluation_metadata.jsonl")
parser.add_argument("--weights", default="geneval/weights")
parser.add_argument("--config", default="mask2former/mask2former_swin-s-p4-w7-224_lsj_8x2_50e_coco.py")
options = parser.parse_args()
evaluate, release = (fake if options.fake else real)(options)
conditions = metadata_by_prompt(options.metadata)


def mark(request):
    metadata = conditions.get(request["instruction"])
    if metadata is None:
        raise NoMark("no-mark", "the metadata hold no conditions, or two, for this prompt")
    found = evaluate(request["output"], metadata)
    return {"marks": {"correct": int(found["correct"])}, "rationale": found["reason"]}


serve("geneval", release, ["correct"], mark)
