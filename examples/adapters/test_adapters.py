"""What each adapter asks its model, seen by stand-ins: `python3 -m unittest` in this folder."""
import io
import json
import os
import tempfile
import unittest

import adapter
import bagel
import lumina_dimoo
import mmada_parallel
import show_o


class Picture:
    """As much of a PIL picture as adapters touch."""

    def __init__(self, size=(64, 48), name="drawn"):
        self.size, self.name, self.box = size, name, (0, 0, 32, 16)

    def save(self, path, format):
        with open(path, "wb") as file:
            file.write(f"{format} {self.name}".encode())

    def getbbox(self):
        return self.box

    def crop(self, box):
        return Picture((box[2] - box[0], box[3] - box[1]), "cropped")


class Recorder:
    """Stands in for a model: keeps what it was asked and answers in order."""

    def __init__(self, *answers):
        self.answers, self.calls = list(answers), []

    def record(self, **asked):
        self.calls.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    __call__ = edit = draw = record


def shown(path):
    return f"picture of {path}"


class Adapters(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.seeds = []

    def task(self, number=0, kind="edit", **more):
        task = {
            "id": f"t-{number}", "kind": kind, "instruction": f"do {number}", "seed": 2**63 + number,
            "image": "/suite/in.png" if kind == "edit" else None,
            "output": os.path.join(self.folder.name, str(number)),
        }
        return {**task, **more}

    def serve(self, model, *tasks, thinks=True):
        lines, out = io.StringIO("".join(json.dumps(task) + "\n" for task in tasks)), io.StringIO()
        adapter.serve("m", "rev", thinks, model.answer, lines, out, self.seeds.append)
        hello, *replies = [json.loads(line) for line in out.getvalue().splitlines()]
        self.assertEqual(hello, {"hello": 1, "name": "m", "version": "rev", "thinks": thinks})
        return replies

    def test_bagel_thinks_and_keeps_its_tags(self):
        text = "<think>because</think> an image"
        asked = Recorder({"text": text, "image": Picture()}, {"text": "<think>cut", "image": Picture()})
        model = bagel.Bagel(asked, True, "kris", "wise", shown)
        edit, drawn = self.serve(model, self.task(), self.task(1, "generation"))
        self.assertEqual(asked.calls[0], {
            "image": "picture of /suite/in.png", "text": "do 0", "think": True, "do_sample": True,
            "text_temperature": 0.3, "max_think_token_n": 2048, "num_timesteps": 50, "timestep_shift": 3.0,
            "cfg_text_scale": 4.0, "cfg_img_scale": 1.5, "cfg_interval": [0.0, 1.0], "cfg_renorm_min": 0.0,
            "cfg_renorm_type": "text_channel",
        })
        self.assertEqual(asked.calls[1]["image"], None)
        self.assertEqual(asked.calls[1]["image_shapes"], (1024, 1024))
        self.assertEqual(asked.calls[1]["cfg_interval"], [0.4, 1.0])
        self.assertEqual(asked.calls[1]["cfg_renorm_type"], "global")
        # Every sample has the seed that parabench gave it, before the model is asked.
        self.assertEqual(self.seeds, [2**63, 2**63 + 1])
        self.assertEqual(edit["reasoning"], text)
        self.assertEqual(edit["details"]["think_tags"], "closed")
        self.assertEqual(edit["details"]["recipe"], "kris")
        self.assertEqual(edit["details"]["size"], [32, 16], "the scripts cut black borders off")
        self.assertEqual(drawn["details"]["think_tags"], "unclosed")
        with open(edit["image"], "rb") as file:
            self.assertEqual(file.read(), b"PNG cropped")
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["0.png", "1.png"], "nothing half written is left")

    def test_bagel_without_thinking_gives_no_text(self):
        asked = Recorder({"text": None, "image": Picture()})
        model = bagel.Bagel(asked, False, "notebook-edit", "notebook-t2i", shown)
        [reply] = self.serve(model, self.task(), thinks=False)
        self.assertIs(asked.calls[0]["think"], False)
        self.assertEqual(asked.calls[0]["cfg_img_scale"], 2.0)
        self.assertEqual(asked.calls[0]["do_sample"], False)
        self.assertIsNone(reply["reasoning"])
        self.assertEqual(reply["details"]["size"], [64, 48], "the notebook does not crop")

    def test_a_recipe_of_the_other_kind_is_refused_before_anything_is_loaded(self):
        with self.assertRaises(SystemExit) as refused:
            bagel.Bagel(None, True, "wise", "wise")
        self.assertIn("kris, rise, gedit, notebook-edit", str(refused.exception))

    def test_a_model_that_draws_nothing_says_so(self):
        model = bagel.Bagel(Recorder({"text": "no", "image": None}), True, "rise", "wise", shown)
        [reply] = self.serve(model, self.task())
        self.assertEqual((reply["reasoning"], reply["image"]), ("no", None))

    def test_no_memory_is_reported_and_other_errors_end_the_program(self):
        full = RuntimeError("CUDA out of memory. Tried to allocate")
        model = bagel.Bagel(Recorder(full, MemoryError("host"), RuntimeError("bug")), True, "kris", "wise", shown)
        for reply in self.serve(model, self.task(), self.task(1)):
            self.assertEqual(reply["error"]["kind"], "out-of-memory")
        with self.assertRaises(RuntimeError):
            self.serve(model, self.task(2))

    def test_show_o_draws_and_cannot_edit(self):
        asked = Recorder(Picture())
        model = show_o.ShowO(asked, "512")
        drawn, edit = self.serve(model, self.task(0, "generation"), self.task(1), thinks=False)
        self.assertEqual(asked.calls, [{"prompt": "do 0", "guidance_scale": 5.0, "timesteps": 50}])
        self.assertIsNone(drawn["reasoning"])
        self.assertEqual(edit["error"]["kind"], "no-answer")

    def test_mmada_parallel_a_is_asked_as_the_readme_says(self):
        asked = Recorder(("why", Picture()))
        model = mmada_parallel.MMaDAParallel(asked, "a-readme", shown)
        edit, drawn = self.serve(model, self.task(seed=0), self.task(1, "generation"))
        self.assertEqual(asked.calls, [{
            "image": "picture of /suite/in.png", "instruction": "do 0", "seed": 0, "height": 512, "width": 512,
            "timesteps": 64, "text_steps": 128, "text_gen_length": 256, "text_block_length": 32, "cfg_scale": 0.0,
            "cfg_img": 4.0, "temperature": 1.0, "text_temperature": 0.0, "remasking": "low_confidence",
        }])
        self.assertEqual(self.seeds[0], 0, "seed 0 is a seed here")
        self.assertEqual(edit["reasoning"], "why")
        self.assertEqual(drawn["error"]["kind"], "no-answer")

    def test_mmada_parallel_m_is_asked_as_its_script_says(self):
        asked = Recorder(("why", Picture()))
        self.serve(mmada_parallel.MMaDAParallel(asked, "m-script", shown), self.task())
        settings = {key: asked.calls[0][key] for key in ("text_cfg", "image_cfg", "text_steps", "image_steps")}
        self.assertEqual(settings, {"text_cfg": 2.5, "image_cfg": 4.0, "text_steps": 128, "image_steps": 30})

    def test_lumina_dimoo_draws_and_edits_without_words(self):
        asked = Recorder(Picture(), Picture())
        model = lumina_dimoo.LuminaDiMOO(asked, "t2i-512", shown)
        edit, drawn = self.serve(model, self.task(), self.task(1, "generation"), thinks=False)
        self.assertEqual(asked.calls[0], {
            "image": "picture of /suite/in.png", "prompt": "do 0", "edit_type": "edit_replace", "timesteps": 64,
            "temperature": 1.0, "cfg_scale": 2.5, "cfg_img": 4.0,
        })
        self.assertEqual(asked.calls[1], {
            "prompt": "do 1", "height": 512, "width": 512, "timesteps": 64, "temperature": 1.0, "cfg_scale": 4.0,
        })
        self.assertEqual((edit["reasoning"], drawn["reasoning"]), (None, None))
        self.assertNotIn("think_tags", edit["details"])

    def test_the_model_is_loaded_once_for_all_tasks(self):
        asked = Recorder(*({"text": "t", "image": Picture()} for _ in range(5)))
        model = bagel.Bagel(asked, True, "kris", "wise", shown)
        replies = self.serve(model, *(self.task(number) for number in range(5)))
        self.assertEqual([reply["id"] for reply in replies], [f"t-{number}" for number in range(5)])
        self.assertEqual(len(asked.calls), 5)

    def test_prints_of_a_model_do_not_reach_the_protocol(self):
        code = (
            "import adapter\n"
            "def answer(task):\n"
            "    print('chatter')\n"
            "    return adapter.Answer('words', None)\n"
            "adapter.serve('m', 'r', True, answer)\n"
        )
        import subprocess
        import sys

        task = json.dumps(self.task()) + "\n"
        here = os.path.dirname(os.path.abspath(__file__))
        done = subprocess.run([sys.executable, "-c", code], input=task, capture_output=True, text=True, cwd=here, check=True)
        self.assertEqual(len(done.stdout.splitlines()), 2)
        self.assertIn("chatter", done.stderr)


if __name__ == "__main__":
    unittest.main()
