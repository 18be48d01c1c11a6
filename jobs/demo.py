"""spark-submit entry point of `tieout demo`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["demo", *sys.argv[1:]]))
