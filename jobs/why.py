"""spark-submit entry point of `tieout why`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["why", *sys.argv[1:]]))
