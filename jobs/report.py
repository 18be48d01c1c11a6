"""spark-submit entry point of `tieout report`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["report", *sys.argv[1:]]))
