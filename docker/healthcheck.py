"""Ask the web process of this container how it is, as the reverse proxy would."""

from __future__ import annotations

import os
import sys
import urllib.request
from urllib.parse import urlsplit


def main() -> int:
    public = urlsplit(os.environ.get("PUBLIC_URL") or "http://127.0.0.1:8000")
    request = urllib.request.Request(
        "http://127.0.0.1:8000/healthz", headers={"Host": public.netloc, "X-Forwarded-Proto": public.scheme}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
