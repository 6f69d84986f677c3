"""Run the embedded server alone: ``python -m dxclient.demo --port N --folder F``."""

import argparse
import contextlib
import sys
from pathlib import Path

from dxclient.demo.server import DemoServer


def main() -> int:
    """Serve until interrupted; print one line with the URL."""
    parser = argparse.ArgumentParser(prog="python -m dxclient.demo", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes a free one")
    parser.add_argument("--folder", type=Path, required=True, help="where state and files are")
    parser.add_argument("--site-script", action="store_true", help="give the site a script")
    options = parser.parse_args()
    with DemoServer(options.folder, options.port, site_script=options.site_script) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            server.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
