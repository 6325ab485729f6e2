"""``python -m dialogym`` is the command `dialogym`."""

import sys

from .scripts.main import main

if __name__ == "__main__":
    sys.exit(main())
