"""Steps of the released decoder of family A in PyTorch, one thread: all positions projected on the whole vocabulary at
every forward, three forwards at a step with an image update, softmax of the text in 64 bits.

Usage: python torch_decode.py CHECKPOINT, the checkpoint that `cargo bench --bench onnx_decode -- --keep` wrote.
Needs torch, safetensors and numpy. Prints CPU seconds beside those of the clock.
"""

import json
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch_forward import LENGTH, trunk

TEXT, CELLS, OFFSET, CODES = 256, 1024, 126_356, 8192


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    folder = pathlib.Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    w = load_file(folder / "model.safetensors")
    head = w["model.transformer.ff_out.weight"]
    ids = torch.arange(LENGTH).mul(7919).remainder(126_000).unsqueeze(0)
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
        uncond = forward()[:, image, OFFSET : OFFSET + CODES]
        cond = cond[:, image, OFFSET : OFFSET + CODES]
        probabilities = F.softmax(cond + 4.0 * (cond - uncond), -1)[0]
        chosen = torch.multinomial(probabilities, 1)
        (probabilities.gather(-1, chosen) + 1e-10).log().squeeze(-1).sort()

    print(f"PyTorch {torch.__version__}, {LENGTH} positions, 1 thread")
    with torch.inference_mode():
        for name, step in {"text": text_step, "text and image": both_step}.items():
            for _ in range(3):
                clock, cpu = time.perf_counter(), time.process_time()
                step()
                print(f"{name}: {time.perf_counter() - clock:.2f} s, {time.process_time() - cpu:.2f} CPU s")


if __name__ == "__main__":
    main()
