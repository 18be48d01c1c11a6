"""spark-submit entry point of `tieout quarantine`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["quarantine", *sys.argv[1:]]))
