"""`python -m parabench` is the program `parabench` of this installation."""

import subprocess
import sys

from ._program import program

if __name__ == "__main__":
    sys.exit(subprocess.call([str(program()), *sys.argv[1:]]))
