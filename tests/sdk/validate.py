"""Holds the recorded requests (requests.json) against the providers' own SDKs, in two ways:

1. types: the body is read by the SDK's request types with unknown fields forbidden;
2. sdk_sends_the_same: the SDK itself is asked to send the request to a server on loopback, and what
   arrives there (path, version header, body) equals what parabench sent.

    python -m venv venv && venv/bin/pip install -r tests/sdk/requirements.txt
    venv/bin/python tests/sdk/validate.py

Writes result.json beside it, which a Rust test compares with the requests. Nothing leaves this machine.
"""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import anthropic
import openai
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
from google import genai
from google.genai import types
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming
from pydantic import ConfigDict, TypeAdapter

HERE = Path(__file__).parent
PACKAGES = ["anthropic", "google-genai", "openai", "pydantic"]
# As the Rust tests: a key that is none.
KEY = "no-key"

REPLIES = {
    "openai": {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": []},
    "anthropic": {
        "id": "x", "type": "message", "role": "assistant", "model": "m", "content": [],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "gemini": {"candidates": []},
}


class Catcher(BaseHTTPRequestHandler):
    """Keeps the last request and answers it."""

    last = None
    provider = None

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Catcher.last = (self.path, dict(self.headers), body)
        reply = json.dumps(REPLIES[Catcher.provider]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, *_):
        pass


def forbid(kind):
    """A reader of a typed dictionary that refuses fields it does not know, at every level."""
    return TypeAdapter(kind, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))


def check_types(provider, body):
    if provider == "openai":
        forbid(CompletionCreateParamsNonStreaming).validate_python(body)
    elif provider == "anthropic":
        forbid(MessageCreateParamsNonStreaming).validate_python(body)
    else:
        # The request itself has no type of its own in this SDK; its parts have, and forbid what they do not know.
        parts = {"systemInstruction": types.Content, "generationConfig": types.GenerationConfig}
        for name, value in body.items():
            if name == "contents":
                for content in value:
                    types.Content.model_validate(content)
            else:
                parts[name].model_validate(value)


def sdk_sends(provider, request, port):
    """What the SDK sends for the same request: path, headers, body."""
    body = request["body"]
    Catcher.provider = provider
    base = f"http://127.0.0.1:{port}"
    if provider == "openai":
        client = openai.OpenAI(api_key=KEY, base_url=f"{base}/v1", max_retries=0)
        client.chat.completions.create(**body)
    elif provider == "anthropic":
        client = anthropic.Anthropic(api_key=KEY, base_url=base, max_retries=0)
        client.messages.create(**body)
    else:
        options = types.HttpOptions(base_url=base, api_version="v1")
        client = genai.Client(api_key=KEY, http_options=options)
        model = request["request"].split("/models/")[1].split(":")[0]
        config = dict(body["generationConfig"])
        config["systemInstruction"] = body["systemInstruction"]
        client.models.generate_content(
            model=model,
            contents=[types.Content.model_validate(content) for content in body["contents"]],
            config=types.GenerateContentConfig.model_validate(config),
        )
    return Catcher.last


def normal(value):
    """Numbers as floats and names of types in upper case: the same to the API."""
    if isinstance(value, dict):
        return {key: normal(field) for key, field in value.items()}
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    return value


def same(provider, request, sent):
    path, headers, body = sent
    if path != request["request"].split(" ")[1]:
        return f"path {path}"
    lower = {name.lower(): value for name, value in headers.items()}
    for name, value in request["headers"].items():
        if name != "content-type" and lower.get(name) != value:
            return f"header {name}: {lower.get(name)}"
    mine, theirs = normal(request["body"]), normal(body)
    if provider == "gemini":
        # This SDK says that the system instruction comes from the user; the API takes it without.
        theirs["systemInstruction"].pop("role", None)
    return True if mine == theirs else {"parabench": mine, "sdk": theirs}


def main():
    text = (HERE / "requests.json").read_bytes()
    server = HTTPServer(("127.0.0.1", 0), Catcher)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    checked = []
    for request in json.loads(text):
        provider = request["provider"]
        check_types(provider, request["body"])
        sent = sdk_sends(provider, request, server.server_port)
        checked.append({
            "provider": provider,
            "case": request["case"],
            "types": "valid",
            "sdk_sends_the_same": same(provider, request, sent),
        })
    result = {
        "requests_sha256": hashlib.sha256(text).hexdigest(),
        "packages": {name: version(name) for name in PACKAGES},
        "checked": checked,
    }
    (HERE / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    bad = [line for line in checked if line["sdk_sends_the_same"] is not True]
    for line in bad:
        print(json.dumps(line, indent=1))
    print(f"{len(checked) - len(bad)} of {len(checked)} requests are what the SDKs send")
    raise SystemExit(bool(bad))


if __name__ == "__main__":
    main()
