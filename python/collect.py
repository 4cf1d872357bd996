"""Puts ONNX Runtime and its licences into a folder, for the wheel that is built next: `collect.py FOLDER`.

The files come out of the onnxruntime wheel of this platform, downloaded by pip with pinned hashes (onnxruntime.txt).
"""

import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: Of system and machine: the platform tag for pip, and the library's name.
PLATFORMS = {
    ("Linux", "x86_64"): ("manylinux_2_28_x86_64", "libonnxruntime.so.1.28.0"),
    ("Linux", "aarch64"): ("manylinux_2_28_aarch64", "libonnxruntime.so.1.28.0"),
    ("Darwin", "arm64"): ("macosx_14_0_arm64", "libonnxruntime.1.28.0.dylib"),
}


def main() -> None:
    folder = Path(sys.argv[1])
    machine = (platform.system(), platform.machine())
    if machine not in PLATFORMS:
        sys.exit(f"no ONNX Runtime is pinned for {machine}; expected one of {sorted(PLATFORMS)}")
    tag, library = PLATFORMS[machine]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as downloads:
        # The same file for every Python: only the library is taken out of it.
        pip = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-deps", "--require-hashes", "--only-binary=:all:", "--implementation", "cp", "--abi", "cp312"]
        pip += ["--python-version", "3.12", "--platform", tag, "--dest", downloads]
        requirements = Path(__file__).with_name("onnxruntime.txt")
        subprocess.run([*pip, "--requirement", str(requirements)], check=True)
        (wheel,) = Path(downloads).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for member, name in {
                f"onnxruntime/capi/{library}": library,
                "onnxruntime/LICENSE": "onnxruntime-LICENSE",
                "onnxruntime/ThirdPartyNotices.txt": "onnxruntime-ThirdPartyNotices.txt",
            }.items():
                (folder / name).write_bytes(archive.read(member))
    for file in sorted(folder.iterdir()):
        print(f"{file.stat().st_size:>10} {file}")


if __name__ == "__main__":
    main()
