"""Steps of the released decoder of family A in PyTorch: all positions projected on the whole vocabulary at every
forward, three forwards at a step with an image update, softmax of the text in 64 bits.

Usage: python torch_decode.py CHECKPOINT [--device cuda:0] [--json], the checkpoint that
`cargo bench --bench onnx_decode -- --keep` or `benches/gpu.sh` wrote. On the CPU it computes in 32 bits on one thread, on
a GPU in bfloat16. Needs torch, safetensors and numpy. Prints CPU seconds beside those of the clock; `--json` prints
medians of the clock.
"""

import argparse
import json
import pathlib
import statistics
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch_forward import LENGTH, trunk

TEXT, CELLS = 256, 1024


def weights(folder, device):
    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    w = {}
    for file in sorted(folder.glob("*.safetensors")):
        w.update({name: tensor.to(device, dtype) for name, tensor in load_file(file).items()})
    return w


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    folder, device = options.checkpoint, options.device
    if device == "cpu":
        torch.set_num_threads(1)
    torch.manual_seed(0)
    config = json.loads((folder / "config.json").read_text())
    w = weights(folder, device)
    head = w["model.transformer.ff_out.weight"]
    words = min(126_000, config["vocab_size"])
    ids = torch.arange(LENGTH, device=device).mul(7919).remainder(words).unsqueeze(0)
    offset, codes = config["text_vocab_size"], config["codebook_size"]
    text = slice(LENGTH - 1 - TEXT, LENGTH - 1)
    image = slice(LENGTH - 1 - TEXT - CELLS, LENGTH - 1 - TEXT)

    def forward():
        return F.linear(trunk(w, config, ids), head)

    def text_step():
        logits = forward()
        chosen = logits[:, text].argmax(-1, keepdim=True)
        confidence = F.softmax(logits[:, text].to(torch.float64), -1).gather(-1, chosen)
        confidence.squeeze(-1).topk(2)
        return logits

    def both_step():
        cond = text_step()
        # With cfg_scale 0 the first is computed and not used, as released.
        forward()
        uncond = forward()[:, image, offset : offset + codes]
        cond = cond[:, image, offset : offset + codes]
        probabilities = F.softmax(cond + 4.0 * (cond - uncond), -1)[0]
        chosen = torch.multinomial(probabilities, 1)
        (probabilities.gather(-1, chosen) + 1e-10).log().squeeze(-1).sort()

    if not options.json:
        print(f"PyTorch {torch.__version__}, {LENGTH} positions, {device}, {head.dtype}")
    found = {"torch": torch.__version__, "device": device, "dtype": str(head.dtype), "positions": LENGTH}
    with torch.inference_mode():
        for name, step in {"text": text_step, "text and image": both_step}.items():
            seconds = []
            for _ in range(3):
                clock, cpu = time.perf_counter(), time.process_time()
                step()
                if device != "cpu":
                    torch.cuda.synchronize()
                seconds.append(time.perf_counter() - clock)
                if not options.json:
                    print(f"{name}: {seconds[-1]:.2f} s, {time.process_time() - cpu:.2f} CPU s")
            # The first one warms up.
            found[f"{name.replace(' ', '_')}_step_s"] = statistics.median(seconds[1:])
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
