"""MMaDA-Parallel (tyfeld/MMaDA-Parallel) in its authors' PyTorch, for `command:mmada-parallel-a.toml` or `-m.toml`.

Text and picture are denoised together. Both released scripts need an input picture, so generation tasks get no answer
here; `onnx:` runs the same checkpoints on both kinds of tasks. The scripts load the model for every prompt, leave seed 0
unseeded and name files by ten words of the prompt; here the model is loaded once and every sample has its own seed.
"""
import math
import os
import sys

import adapter

SYSTEM_PROMPT = "Generate an image applying the following editing instruction based on the original image."
RECIPES = {
    # The README's command.
    "a-readme": {
        "kinds": ("edit",), "height": 512, "width": 512, "timesteps": 64, "text_steps": 128, "text_gen_length": 256,
        "text_block_length": 32, "cfg_scale": 0.0, "cfg_img": 4.0, "temperature": 1.0, "text_temperature": 0.0,
        "remasking": "low_confidence",
    },
    # The script's own defaults: `cfg_scale` is a second guidance of the picture, not one of the text.
    "a-defaults": {
        "kinds": ("edit",), "height": 512, "width": 512, "timesteps": 64, "text_steps": 256, "text_gen_length": 256,
        "text_block_length": 32, "cfg_scale": 2.5, "cfg_img": 4.0, "temperature": 1.0, "text_temperature": 0.7,
        "remasking": "low_confidence",
    },
    "m-script": {"kinds": ("edit",), "text_cfg": 2.5, "image_cfg": 4.0, "text_steps": 128, "image_steps": 30},
}


class MMaDAParallel:
    """Answers edits by a backend with one function, `edit(image, instruction, seed, **recipe) -> (text, picture)`."""

    def __init__(self, backend, name, open_picture=adapter.open_picture):
        self.backend, self.name, self.open_picture = backend, name, open_picture
        self.recipe = adapter.recipe(RECIPES, name, "edit")

    def answer(self, task):
        if task["image"] is None:
            raise adapter.NoAnswer("MMaDA-Parallel's scripts need an input picture; see onnx: for generation tasks")
        image = self.open_picture(task["image"])
        text, drawn = self.backend.edit(image=image, instruction=task["instruction"], seed=task["seed"], **self.recipe)
        return adapter.Answer(text, drawn, recipe=self.name)


class TorchA:
    """Checkpoint A, on Lumina-DiMOO."""

    def __init__(self, repo, weights):
        sys.path.insert(0, os.path.join(repo, "MMaDA-Parallel-A"))
        import torch
        from diffusers import VQModel
        from generators.parallel_generator import generate_ti2ti
        from model import LLaDAForMultiModalGeneration
        from transformers import AutoTokenizer
        from utils import image_utils, prompt_utils

        self.torch, self.generate = torch, generate_ti2ti
        self.images, self.prompts = image_utils, prompt_utils
        self.tokenizer = AutoTokenizer.from_pretrained(weights, trust_remote_code=True)
        self.model = LLaDAForMultiModalGeneration.from_pretrained(
            weights, torch_dtype=torch.bfloat16, device_map="auto"
        ).eval()
        self.vq = VQModel.from_pretrained(weights, subfolder="vqvae").to("cuda")

    def edit(self, image, instruction, seed, height, width, text_gen_length, **settings):
        torch, images = self.torch, self.images
        mask, newline, answer, boi, eoi = 126336, 126084, 126354, 126349, 126350
        asked, unasked = self.prompts.generate_text_image_to_text_image_prompt(instruction, SYSTEM_PROMPT)
        asked, unasked = (self.tokenizer(text)["input_ids"] for text in (asked, unasked))
        image = images.var_center_crop(image, crop_size_list=images.generate_crop_size_list((512 // 32) ** 2, 32))
        shown = images.encode_img_with_breaks(image, self.vq)
        scale = 2 ** (len(self.vq.config.block_out_channels) - 1)
        length, every, rows, columns = images.calculate_vq_params(height, width, scale)
        masks = images.add_break_line([mask] * length, rows, columns, new_number=newline)
        end = self.tokenizer("</answer>", add_special_tokens=False).input_ids
        prefix = asked[:-1] + shown + asked[-1:]
        whole = prefix + [answer, boi] + masks + [eoi] + [mask] * text_gen_length + end
        text_start = len(prefix) + 2 + len(masks) + 1

        def row(ids):
            return torch.tensor(ids, device="cuda").unsqueeze(0)

        codes, text = self.generate(
            model=self.model, input_ids=row(whole), text_start=text_start, text_end=text_start + text_gen_length,
            image_start=len(prefix) + 2, seq_len=length, newline_every=every, text_gen_length=text_gen_length,
            uncon_text=row(unasked[:-1] + shown + unasked[-1:]), uncon_image=row(asked), tokenizer=self.tokenizer,
            noise_schedule=lambda t: torch.cos(t * math.pi / 2),
            generator=torch.Generator(device="cuda").manual_seed(seed),
            text_vocab_size=getattr(self.model.config, "text_vocab_size", 126356),
            codebook_size=getattr(self.model.config, "codebook_size", 8192), **settings,
        )
        tokens = torch.tensor(codes, dtype=torch.long, device="cuda").unsqueeze(0)
        drawn = images.decode_vq_to_image(tokens, None, None, height, width, self.vq)
        return text, drawn


class TorchM:
    """Checkpoint M, on MMaDA-8B. Its script also needs a `training.utils` that the repository once lacked."""

    IDS = {"<|soi|>": 126084, "<|eoi|>": 126085, "<|sov|>": 126086, "<|eov|>": 126087, "<|t2i|>": 126088,
           "<|mmu|>": 126089, "<|t2v|>": 126090, "<|v2v|>": 126091, "<|lvg|>": 126092, "[iPAD]": 126093,
           "<|r2i|>": 126094, "<|interleave|>": 126095}

    def __init__(self, repo, weights):
        sys.path.insert(0, os.path.join(repo, "MMaDA-Parallel-M"))
        import torch
        from models import MAGVITv2, MMadaModelLM, get_mask_schedule
        from training.prompting_utils import UniversalPrompting
        from training.utils import image_transform_squash
        from transformers import AutoTokenizer

        self.torch, self.squash, self.schedule = torch, image_transform_squash, get_mask_schedule("cosine")
        names = [name for name in self.IDS if name.startswith("<|") and name not in ("<|r2i|>", "<|interleave|>")]
        self.prompting = UniversalPrompting(
            AutoTokenizer.from_pretrained(weights, padding_side="left"), max_text_len=256, special_tokens=tuple(names),
            ignore_id=-100, cond_dropout_prob=0.1, use_reserved_token=True,
        )
        self.vq = MAGVITv2.from_pretrained("showlab/magvitv2").to("cuda").eval()
        self.model = MMadaModelLM.from_pretrained(weights, trust_remote_code=True, torch_dtype=torch.bfloat16)
        self.model = self.model.to("cuda").eval()

    def edit(self, image, instruction, seed, **settings):
        from PIL import Image

        torch, words = self.torch, self.prompting.text_tokenizer
        codes = self.vq.get_code(self.squash(image, resolution=512).to("cuda").unsqueeze(0)) + len(words)

        def ids(text, length=0):
            found = list(words(text)["input_ids"])
            found = found if found[:1] == [words.bos_token_id] else [words.bos_token_id] + found
            found.append(words.eos_token_id)
            return found + [words.eos_token_id] * max(0, length - len(found))

        def sequence(image_codes, text):
            ends = [torch.tensor([self.IDS[name]], device="cuda") for name in ("<|interleave|>", "<|soi|>", "<|eoi|>")]
            return torch.cat([ends[0], ends[1], image_codes, ends[2], torch.tensor(text, device="cuda")])

        asked = ids(instruction)
        drawn, written = self.model.interleave_generate(
            sequence(codes[0], asked), sequence(torch.zeros_like(codes[0]), ids("", len(asked))),
            noise_schedule=self.schedule, reserved_token_mapping=self.IDS, uni_prompting=self.prompting, **settings,
        )
        pixels = ((self.vq.decode_code(drawn)[0].clamp(-1, 1) + 1) / 2 * 255).permute(1, 2, 0).to(torch.uint8)
        text = words.batch_decode(written, skip_special_tokens=True)[0]
        return text, Image.fromarray(pixels.cpu().numpy())


def main():
    parser = adapter.options(__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="a-readme", help="a-… for checkpoint A, m-… for checkpoint M")
    given = parser.parse_args()
    model = MMaDAParallel(None, given.recipe)
    backend = TorchM if given.recipe.startswith("m-") else TorchA
    model.backend = backend(given.repo, given.weights)
    adapter.serve("mmada-parallel", adapter.revision(given.repo), True, model.answer)


if __name__ == "__main__":
    main()
