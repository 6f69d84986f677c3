"""``python -m dxclient``."""

import sys

from dxclient.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
