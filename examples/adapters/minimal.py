"""A complete adapter for `command:minimal.toml`, standing in for a Bagel-like model.

It loads the model once, says hello, and answers each JSON line with one JSON line.
Standard output belongs to the protocol; everything else goes to standard error.
"""
import hashlib, json, shutil, struct, sys, time, zlib


class Model:  # Replace: load the weights in __init__, think and draw below.
    def answer(self, instruction, image, seed, path):
        colour = hashlib.sha256(f"{seed} {instruction}".encode()).digest()[:3]
        if image:
            shutil.copyfile(image, path)
        else:
            write_png(path, 64, 64, colour)
        return f"<think>The task says: {instruction}</think>"


def write_png(path, width, height, colour):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + colour * width) * height
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)))
        file.write(chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


model = Model()
print(json.dumps({"hello": 1, "name": "minimal", "version": "1"}), flush=True)
for line in sys.stdin:
    task, begin = json.loads(line), time.monotonic()
    try:
        path = task["output"] + ".png"
        text = model.answer(task["instruction"], task["image"], task["seed"], path)
        reply = {"reasoning": text, "image": path}
    except MemoryError as error:  # with PyTorch: torch.cuda.OutOfMemoryError
        reply = {"error": {"kind": "out-of-memory", "message": str(error)}}
    milliseconds = 1000 * (time.monotonic() - begin)
    print(json.dumps({"id": task["id"], "timing_ms": {"model": milliseconds}, **reply}), flush=True)
