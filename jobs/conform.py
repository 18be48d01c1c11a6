"""spark-submit entry point of `tieout conform`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["conform", *sys.argv[1:]]))
