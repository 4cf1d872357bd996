"""Show-o (showlab/Show-o) as released, for `command:show-o.toml`.

It draws from a prompt. It has no mode that edits by instruction and writes no reasoning, so edits get no answer: ask
for the generation tasks alone with `--categories`. The paper's row "Show-o* (tuned)" is a model that its authors tuned
and did not release.
"""
import os
import sys

import adapter

# The commands of the repository's README, by resolution.
RECIPES = {
    "256": {"kinds": ("generation",), "config": "configs/showo_demo.yaml", "guidance_scale": 1.75, "timesteps": 18},
    "512": {"kinds": ("generation",), "config": "configs/showo_demo_512x512.yaml", "guidance_scale": 5.0, "timesteps": 50},
}


class ShowO:
    """Answers tasks by a backend with one function, `draw(prompt, guidance_scale, timesteps)`."""

    def __init__(self, backend, name):
        self.backend, self.name = backend, name
        self.recipe = adapter.recipe(RECIPES, name, "generation")

    def answer(self, task):
        if task["kind"] != "generation":
            raise adapter.NoAnswer("Show-o as released has no mode that edits by instruction")
        image = self.backend.draw(
            prompt=task["instruction"],
            guidance_scale=self.recipe["guidance_scale"],
            timesteps=self.recipe["timesteps"],
        )
        return adapter.Answer(None, image, recipe=self.name)


class Torch:
    """The repository's own model."""

    def __init__(self, repo, weights, config_path):
        sys.path.insert(0, repo)
        import torch
        from models import MAGVITv2, Showo, get_mask_chedule
        from omegaconf import OmegaConf
        from training.prompting_utils import UniversalPrompting, create_attention_mask_predict_next
        from transformers import AutoTokenizer

        self.torch, self.mask_schedule = torch, get_mask_chedule("cosine")
        self.attention = create_attention_mask_predict_next
        self.config = OmegaConf.load(os.path.join(repo, config_path))
        tokenizer = AutoTokenizer.from_pretrained(self.config.model.showo.llm_model_path, padding_side="left")
        names = ("soi", "eoi", "sov", "eov", "t2i", "mmu", "t2v", "v2v", "lvg")
        self.prompting = UniversalPrompting(
            tokenizer, max_text_len=self.config.dataset.preprocessing.max_seq_length,
            special_tokens=tuple(f"<|{name}|>" for name in names), ignore_id=-100, cond_dropout_prob=0.1,
        )
        self.vq = MAGVITv2.from_pretrained(self.config.model.vq_model.vq_model_name).to("cuda").eval()
        self.model = Showo.from_pretrained(weights).to("cuda").eval()

    def draw(self, prompt, guidance_scale, timesteps):
        from PIL import Image

        torch, sizes = self.torch, self.config.model.showo
        masks = torch.full((1, sizes.num_vq_tokens), self.model.config.mask_token_id, dtype=torch.long, device="cuda")
        asked, _ = self.prompting(([prompt], masks), "t2i_gen")
        unasked, _ = self.prompting(([""], masks), "t2i_gen")
        ids = self.prompting.sptids_dict
        attention = self.attention(
            torch.cat([asked, unasked]), pad_id=int(ids["<|pad|>"]), soi_id=int(ids["<|soi|>"]),
            eoi_id=int(ids["<|eoi|>"]), rm_pad_in_image=True,
        )
        with torch.no_grad():
            codes = self.model.t2i_generate(
                input_ids=asked, uncond_input_ids=unasked, attention_mask=attention, guidance_scale=guidance_scale,
                temperature=1.0, timesteps=timesteps, noise_schedule=self.mask_schedule, noise_type="mask",
                seq_len=sizes.num_vq_tokens, uni_prompting=self.prompting, config=self.config,
            )
            pixels = self.vq.decode_code(codes.clamp(0, sizes.codebook_size - 1))
        pixels = ((pixels[0].clamp(-1, 1) + 1) * 127.5).permute(1, 2, 0).to(torch.uint8)
        return Image.fromarray(pixels.cpu().numpy())


def main():
    parser = adapter.options(__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="512")
    given = parser.parse_args()
    model = ShowO(None, given.recipe)
    model.backend = Torch(given.repo, given.weights, model.recipe["config"])
    adapter.serve("show-o", adapter.revision(given.repo), False, model.answer)


if __name__ == "__main__":
    main()
