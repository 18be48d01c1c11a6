"""spark-submit entry point of `tieout generate`: the same arguments."""

import sys

from tieout.cli import main

if __name__ == "__main__":
    sys.exit(main(["generate", *sys.argv[1:]]))
