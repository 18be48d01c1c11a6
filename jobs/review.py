"""spark-submit entry point of `tieout review`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["review", *sys.argv[1:]]))
