"""spark-submit entry point of `tieout ask`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["ask", *sys.argv[1:]]))
