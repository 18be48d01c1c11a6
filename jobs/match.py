"""spark-submit entry point of `tieout match`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["match", *sys.argv[1:]]))
