"""spark-submit entry point of `tieout train`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
