"""spark-submit entry point of `tieout status`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["status", *sys.argv[1:]]))
