#!/usr/bin/env python3
"""Runs parabench through the real LiteLLM proxy before a provider on loopback.

    python3 gateway.py --bin target/debug/parabench --litellm VENV/bin/litellm

Gateways retell what a provider says: codes change and words stay. Each part says that it ran and what it saw. The exit code
is 0 only if all parts ran and held. Python's standard library only; everything listens on 127.0.0.1.
"""
import argparse, collections, csv, http.server, io, json, os, re, secrets, shutil, signal, socket, struct, subprocess, sys, tempfile, threading, time
import urllib.error, urllib.request, zlib

ITEMS = 12
FLAGGED = "door number 5 "
AXES = ["text_quality", "text_alignment", "image_consistency", "image_alignment", "image_quality", "output_alignment"]


# ---------------------------------------------------------------- the provider

def completion(text):
    return 200, {"id": "c1", "object": "chat.completion", "created": 1, "model": "mock-1",
                 "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
                 "usage": {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}}


def error(status, message, **more):
    return status, {"error": {"message": message, **more}}


def mark(request):
    key = re.findall(r'\\"([a-z_]+_score)\\": <1-5>', request)[-1]
    return completion(json.dumps({"reasoning": "fine", key: 4}))


def moderation(request):
    if FLAGGED in request:
        return error(403, "mock-1 requires moderation on provider. Your input was flagged for \"violence\".", code=403,
                     metadata={"reasons": ["violence"], "flagged_input": "Paint"})
    return mark(request)


def azure(request):
    if FLAGGED in request:
        return error(400, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. "
                     "Please modify your prompt and retry.", code="content_filter", type=None, param="prompt",
                     innererror={"code": "ResponsibleAIPolicyViolation"})
    return mark(request)


def quota(_):
    return error(429, "You exceeded your current quota, please check your plan and billing details.",
                 type="insufficient_quota", code="insufficient_quota", param=None)


class Provider:
    """Answers chat completions as `answer` says."""

    def __init__(self):
        self.answer, self.count = mark, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *_): pass
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                outer.count += 1
                status, reply = outer.answer(body)
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


# ---------------------------------------------------------------- the gateway

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Gateway:
    """The LiteLLM proxy before a provider. Its own retries and pauses are off, so that each request shows what it retells."""

    def __init__(self, program, provider, folder):
        self.port, self.log = free_port(), os.path.join(folder, "litellm.log")
        self.key = f"sk-{secrets.token_hex(16)}"
        config = {"model_list": [{"model_name": "mock-1", "litellm_params": {"model": "openai/mock-1", "api_base": provider.base,
                                                                           "api_key": "provider-key"}}],
                  "router_settings": {"num_retries": 0, "disable_cooldowns": True}, "litellm_settings": {"num_retries": 0, "telemetry": False}}
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as f: json.dump(config, f)          # JSON is YAML
        env = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "HOME": folder, "NO_PROXY": "*", "no_proxy": "*",
               "LITELLM_MASTER_KEY": self.key}
        env["PATH"] = os.path.dirname(os.path.abspath(program)) + os.pathsep + env["PATH"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([program, "--config", path, "--host", "127.0.0.1", "--port", str(self.port)],
                                            env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=folder)

    def wait(self, seconds=180):
        end = time.time() + seconds
        while time.time() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/liveliness", timeout=2).read()
                return True
            except (urllib.error.URLError, OSError): time.sleep(0.5)
        return False

    def stop(self):
        try: os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError: pass
        self.process.wait()


# ---------------------------------------------------------------- the program

def png(seed):
    def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + bytes([(seed * 53) % 200 + 30, (seed * 97) % 200 + 30, 90]) * 48
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 48, 32, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(row * 32)) + chunk(b"IEND", b""))


def write_suite(folder):
    os.makedirs(os.path.join(folder, "suite", "images"))
    with open(os.path.join(folder, "suite", "suite.toml"), "w") as f:
        f.write(f'format = 1\nname = "doors"\nversion = "1"\nlicence = "CC0-1.0"\naxes = {json.dumps(AXES)}\n'
                f'\n[[categories]]\nname = "edit"\nkind = "edit"\nplanned = {ITEMS}\n')
    with open(os.path.join(folder, "suite", "tasks.jsonl"), "w") as f:
        for i in range(ITEMS):
            with open(os.path.join(folder, "suite", "images", f"e{i}.png"), "wb") as p: p.write(png(i))
            task = dict(id=f"e{i}", kind="edit", category="edit", instruction=f"Paint door number {i} red.", image=f"images/e{i}.png")
            f.write(json.dumps(task) + "\n")


class Run:
    """One run of parabench through the gateway."""

    def __init__(self, program, folder, gateway, name):
        with open(os.path.join(folder, "judge.toml"), "w") as f:
            f.write(f'name = "judge"\nprovider = "openai"\nmodel = "mock-1"\nmax_tokens = 400\nmax_connections = 4\n'
                    f'base_url = "http://127.0.0.1:{gateway.port}/v1"\n\n[retry]\ntransport_retries = 2\nbase_ms = 20\nmax_ms = 100\n')
        env = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "PARABENCH_CACHE": os.path.join(folder, "cache"),
               "OPENAI_API_KEY": gateway.key}
        done = subprocess.run([program, "run", "--suite", "./suite", "--model", "control:copy-input", "--judge", "./judge.toml", "--no-cache",
                               "--no-progress", "--results", ".", "--name", name], cwd=folder, env=env, capture_output=True, text=True, timeout=300)
        self.code, self.text = done.returncode, done.stdout + done.stderr
        self.rows = []
        scores = os.path.join(folder, name, "scores.csv")
        if os.path.exists(scores):
            with open(scores, encoding="utf8") as f: self.rows = list(csv.DictReader(io.StringIO(f.read())))

    def marks(self, flagged):
        rows = [r for r in self.rows if (r["task"] == "e5") == flagged and r["status"] != "not-applicable"]
        return collections.Counter(r["score"] or r["status"] for r in rows)

    def last(self): return (self.text.strip().splitlines() or [""])[-1][:160]


def told(counter): return ", ".join(f"{n} x {k}" for k, n in sorted(counter.items())) or "no marks"


def all_marked(run, _):
    found = run.marks(True) + run.marks(False)
    return run.code == 0 and set(found) == {"4"}, told(found)


def item_lost(run, _):
    """The flagged item's marks are missing as filtered, all others are there."""
    lost, others = run.marks(True), run.marks(False)
    reasons = {k for k in lost if not k.isdigit()}
    held = run.code in (0, 3) and set(others) == {"4"} and sum(others.values()) == (ITEMS - 1) * len(AXES)
    return held and reasons == {"content-filtered"}, f"flagged item: {told(lost)}; others: {told(others)}; exit {run.code}"


def ends_early(run, requests):
    """The run ends with an error that says quota, after few requests."""
    said = re.search("quota|credit|billing", run.text, re.I)
    return run.code == 1 and bool(said) and requests <= 40, f"exit {run.code} after {requests} requests; last line: {run.last()}"


PARTS = [("marks pass through the gateway", mark, all_marked),
         ("a moderation's 403 of one item costs the item", moderation, item_lost),
         ("a filter retold by the gateway costs the item", azure, item_lost),
         ("a quota in words ends the run", quota, ends_early)]


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bin", required=True)
    options.add_argument("--litellm", required=True)
    options = options.parse_args()
    program, litellm = os.path.abspath(options.bin), os.path.abspath(options.litellm)
    for path in (program, litellm):
        if not os.access(path, os.X_OK): sys.exit(f"NOT RUN: {path} is no program")
    folder = tempfile.mkdtemp(prefix="parabench-gateway-")
    provider = Provider()
    gateway = Gateway(litellm, provider, folder)
    failed = 0
    try:
        if not gateway.wait():
            with open(gateway.log, errors="replace") as f: print("".join(f.readlines()[-20:]))
            sys.exit(f"NOT RUN: the LiteLLM proxy did not start; its log ends above")
        write_suite(folder)
        for number, (name, answer, holds) in enumerate(PARTS):
            provider.answer, provider.count = answer, 0
            run = Run(program, folder, gateway, f"run{number}")
            held, seen = holds(run, provider.count)
            failed += not held
            print(f"{'ran, held  ' if held else 'ran, FAILED'}  {name}: {seen}", flush=True)
            if not held: print("    " + "\n    ".join(run.text.strip().splitlines()[-12:]))
    finally:
        gateway.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{len(PARTS) - failed} of {len(PARTS)} parts held")
    sys.exit(1 if failed else 0)


if __name__ == "__main__": main()
