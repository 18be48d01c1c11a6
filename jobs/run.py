"""spark-submit entry point of `tieout run`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["run", *sys.argv[1:]]))
