"""Lumina-DiMOO (Alpha-VLLM/Lumina-DiMOO), on which MMaDA-Parallel-A rests, for `command:lumina-dimoo.toml`.

It draws and edits and writes no reasoning. The repository's scripts load the model for every prompt and leave seed 0
unseeded; here the model is loaded once and every sample has its own seed.
"""
import sys

import adapter

# The commands of the repository's README.
RECIPES = {
    "edit": {"kinds": ("edit",), "edit_type": "edit_replace", "timesteps": 64, "temperature": 1.0,
             "cfg_scale": 2.5, "cfg_img": 4.0},
    "t2i-1024": {"kinds": ("generation",), "height": 1024, "width": 1024, "timesteps": 64, "temperature": 1.0,
                 "cfg_scale": 4.0},
    "t2i-512": {"kinds": ("generation",), "height": 512, "width": 512, "timesteps": 64, "temperature": 1.0,
                "cfg_scale": 4.0},
}


class LuminaDiMOO:
    """Answers tasks by a backend with `edit(image, prompt, **recipe)` and `draw(prompt, **recipe)`."""

    def __init__(self, backend, generation_recipe, open_picture=adapter.open_picture):
        self.backend, self.open_picture = backend, open_picture
        self.names = {"edit": "edit", "generation": generation_recipe}
        self.recipes = {kind: adapter.recipe(RECIPES, name, kind) for kind, name in self.names.items()}

    def answer(self, task):
        settings = self.recipes[task["kind"]]
        if task["kind"] == "edit":
            image = self.backend.edit(image=self.open_picture(task["image"]), prompt=task["instruction"], **settings)
        else:
            image = self.backend.draw(prompt=task["instruction"], **settings)
        return adapter.Answer(None, image, recipe=self.names[task["kind"]])


class Torch:
    """The repository's own model."""

    def __init__(self, repo, weights):
        sys.path.insert(0, repo)
        import torch
        from config import SPECIAL_TOKENS
        from diffusers import VQModel
        from generators.image_generation_generator import generate_image
        from generators.image_to_image_generator import generate_i2i
        from model import LLaDAForMultiModalGeneration
        from transformers import AutoTokenizer
        from utils import image_utils, prompt_utils

        self.torch, self.ids = torch, SPECIAL_TOKENS
        self.generate, self.generate_edit = generate_image, generate_i2i
        self.images, self.prompts = image_utils, prompt_utils
        self.templates = prompt_utils.create_prompt_templates()
        self.tokenizer = AutoTokenizer.from_pretrained(weights, trust_remote_code=True)
        self.model = LLaDAForMultiModalGeneration.from_pretrained(
            weights, torch_dtype=torch.bfloat16, device_map="auto"
        ).eval()
        self.vq = VQModel.from_pretrained(weights, subfolder="vqvae").to("cuda")
        self.scale = 2 ** (len(self.vq.config.block_out_channels) - 1)

    def row(self, ids):
        return self.torch.tensor(ids, device="cuda").unsqueeze(0)

    def masks(self, height, width):
        length, every, rows, columns = self.images.calculate_vq_params(height, width, self.scale)
        empty = [self.ids["mask_token"]] * length
        masks = self.images.add_break_line(empty, rows, columns, new_number=self.ids["newline_token"])
        masks = [self.ids["answer_start"], self.ids["boi"], *masks, self.ids["eoi"], self.ids["answer_end"]]
        return masks, {"seq_len": length, "newline_every": every}

    def draw(self, prompt, height, width, **settings):
        asked, unasked = self.prompts.generate_text_to_image_prompt(prompt, self.templates)
        asked, unasked = (self.tokenizer(text)["input_ids"] for text in (asked, unasked))
        masks, sizes = self.masks(height, width)
        codes = self.generate(
            self.model, self.row(asked + masks), uncon_ids=self.row(unasked), code_start=len(asked) + 2,
            **sizes, **settings,
        )
        return self.images.decode_vq_to_image(codes, None, None, height, width, self.vq)

    def edit(self, image, prompt, edit_type, **settings):
        asked, unasked, _ = self.prompts.generate_image_to_image_prompt(prompt, edit_type, self.templates)
        asked, unasked = (self.tokenizer(text)["input_ids"] for text in (asked, unasked))
        sizes = self.images.generate_crop_size_list((512 // 32) ** 2, 32)
        image = self.images.var_center_crop(image, crop_size_list=sizes)
        width, height = image.size
        shown = self.images.encode_img_with_breaks(image, self.vq)
        masks, sizes = self.masks(height, width)
        prefix = asked[:-1] + shown + asked[-1:]
        codes = self.generate_edit(
            self.model, self.row(prefix + masks), uncon_text=self.row(unasked[:-1] + shown + unasked[-1:]),
            uncon_image=self.row(asked), code_start=len(prefix) + 2, **sizes, **settings,
        )
        return self.images.decode_vq_to_image(codes, None, None, height, width, self.vq)


def main():
    parser = adapter.options(__doc__.splitlines()[0])
    parser.add_argument("--generation-recipe", default="t2i-1024")
    given = parser.parse_args()
    model = LuminaDiMOO(None, given.generation_recipe)
    model.backend = Torch(given.repo, given.weights)
    adapter.serve("lumina-dimoo", adapter.revision(given.repo), False, model.answer)


if __name__ == "__main__":
    main()
