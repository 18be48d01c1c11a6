"""spark-submit entry point of `tieout publish`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["publish", *sys.argv[1:]]))
