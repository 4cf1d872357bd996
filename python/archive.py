"""Makes an archive for people without Python out of a wheel: `archive.py WHEEL FOLDER`.

It holds `bin/parabench` and `lib/parabench/`, where the program looks for ONNX Runtime, and the licences.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path


def main() -> None:
    wheel, folder = Path(sys.argv[1]), Path(sys.argv[2])
    name, version, *_, platform = wheel.stem.split("-")
    top = f"{name}-{version}-{platform}"
    data = f"{name}-{version}.data/"
    with zipfile.ZipFile(wheel) as source, tarfile.open(folder / f"{top}.tar.gz", "w:gz") as archive:
        for member in sorted(source.namelist()):
            if member.startswith(data + "scripts/"):
                place, mode = "bin/" + member.rsplit("/", 1)[1], 0o755
            elif member.startswith(data + "data/"):
                place, mode = member[len(data + "data/") :], 0o644
            else:
                continue
            add(archive, f"{top}/{place}", source.read(member), mode)
        for file in ("LICENSE-APACHE", "LICENSE-MIT", "CHANGELOG.md"):
            add(archive, f"{top}/{file}", Path(file).read_bytes(), 0o644)


def add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    """Without time and owner: the same wheel gives the same archive but for gzip's own time."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


main()
