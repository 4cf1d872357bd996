"""Bagel (ByteDance-Seed/Bagel), with thinking or without, for `command:bagel.toml`.

Asks the repository's own `InterleaveInferencer`, loaded once. Its eval scripts differ from it in one thing: they
show the thoughts to the image-guidance branch too (issue 214). So a recipe named after a script has the
script's settings, and the details of every answer say which branch was asked.
"""
import sys

import adapter

# Settings by name: what the repository's eval scripts and notebook ask. Text is sampled at 0.3, or greedily.
COMMON = {"num_timesteps": 50, "timestep_shift": 3.0, "cfg_renorm_min": 0.0, "cfg_text_scale": 4.0}
SCRIPT = {"do_sample": True, "text_temperature": 0.3, "max_think_token_n": 2048, "crop": True}
NOTEBOOK = {"do_sample": False, "text_temperature": 0.3, "max_think_token_n": 1000, "crop": False}
EDIT = {"kinds": ("edit",), "cfg_renorm_type": "text_channel"}
DRAW = {
    "kinds": ("generation",),
    "cfg_renorm_type": "global",
    "cfg_interval": [0.4, 1.0],
    "cfg_img_scale": 1.0,
    "image_shapes": (1024, 1024),
}
RECIPES = {
    "kris": {**COMMON, **SCRIPT, **EDIT, "cfg_img_scale": 1.5, "cfg_interval": [0.0, 1.0]},
    "rise": {**COMMON, **SCRIPT, **EDIT, "cfg_img_scale": 2.0, "cfg_interval": [0.0, 1.0]},
    "gedit": {**COMMON, **SCRIPT, **EDIT, "cfg_img_scale": 1.5, "cfg_interval": [0.4, 1.0], "crop": False},
    "notebook-edit": {**COMMON, **NOTEBOOK, **EDIT, "cfg_img_scale": 2.0, "cfg_interval": [0.0, 1.0]},
    "wise": {**COMMON, **SCRIPT, **DRAW},
    "notebook-t2i": {**COMMON, **NOTEBOOK, **DRAW},
}


class Bagel:
    """Answers tasks by an inferencer: anything that is called as `InterleaveInferencer` is."""

    def __init__(self, inferencer, think, edit_recipe, generation_recipe, open_picture=adapter.open_picture):
        self.inferencer, self.think, self.open_picture = inferencer, think, open_picture
        self.names = {"edit": edit_recipe, "generation": generation_recipe}
        self.recipes = {kind: adapter.recipe(RECIPES, name, kind) for kind, name in self.names.items()}

    def answer(self, task):
        settings = dict(self.recipes[task["kind"]])
        crop = settings.pop("crop")
        image = None if task["image"] is None else self.open_picture(task["image"])
        out = self.inferencer(image=image, text=task["instruction"], think=self.think, **settings)
        drawn = out["image"]
        if crop and drawn is not None:
            drawn = drawn.crop(drawn.getbbox())
        return adapter.Answer(
            out["text"] if self.think else None,
            drawn,
            recipe=self.names[task["kind"]],
            image_guidance_sees_thoughts=False,
        )


def load(repo, weights):
    """The repository's inferencer over a checkpoint, on the first GPU."""
    import os

    sys.path.insert(0, repo)
    import torch
    from data.data_utils import add_special_tokens
    from data.transforms import ImageTransform
    from inferencer import InterleaveInferencer
    from modeling.autoencoder import load_ae
    from modeling.bagel import Bagel as Model
    from modeling.bagel import BagelConfig, Qwen2Config, Qwen2ForCausalLM, SiglipVisionConfig, SiglipVisionModel
    from modeling.qwen2 import Qwen2Tokenizer
    from safetensors.torch import load_file

    text = Qwen2Config.from_json_file(os.path.join(weights, "llm_config.json"))
    text.qk_norm, text.tie_word_embeddings, text.layer_module = True, False, "Qwen2MoTDecoderLayer"
    vision = SiglipVisionConfig.from_json_file(os.path.join(weights, "vit_config.json"))
    vision.rope, vision.num_hidden_layers = False, vision.num_hidden_layers - 1
    vae, vae_config = load_ae(local_path=os.path.join(weights, "ae.safetensors"))
    config = BagelConfig(
        visual_gen=True, visual_und=True, llm_config=text, vit_config=vision, vae_config=vae_config,
        vit_max_num_patch_per_side=70, connector_act="gelu_pytorch_tanh", latent_patch_size=2, max_latent_size=64,
    )
    model = Model(Qwen2ForCausalLM(text), SiglipVisionModel(vision), config)
    model.vit_model.vision_model.embeddings.convert_conv2d_to_linear(vision)
    tokenizer, token_ids, _ = add_special_tokens(Qwen2Tokenizer.from_pretrained(weights))
    model.load_state_dict(load_file(os.path.join(weights, "ema.safetensors"), device="cpu"), strict=False)
    device, dtype = torch.device("cuda"), torch.bfloat16
    return InterleaveInferencer(
        model=model.to(device, dtype).eval(), vae_model=vae.to(device, dtype).eval(), tokenizer=tokenizer,
        vae_transform=ImageTransform(1024, 512, 16), vit_transform=ImageTransform(980, 224, 14),
        new_token_ids=token_ids,
    )


def main():
    parser = adapter.options(__doc__.splitlines()[0])
    parser.add_argument("--no-think", action="store_true", help="draw at once, without a text")
    parser.add_argument("--edit-recipe", default="kris")
    parser.add_argument("--generation-recipe", default="wise")
    given = parser.parse_args()
    # Recipes are checked before the weights are loaded.
    model = Bagel(None, not given.no_think, given.edit_recipe, given.generation_recipe)
    model.inferencer = load(given.repo, given.weights)
    adapter.serve("bagel", adapter.revision(given.repo), model.think, model.answer)


if __name__ == "__main__":
    main()
