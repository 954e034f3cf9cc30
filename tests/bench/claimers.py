"""Eight reviewers who claim five hundred items each from a full queue, as fast as they can, on own connections.

`python -m tests.bench.claimers` in the environment of a house prints the figures as JSON.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter

N_CLAIMERS, N_EACH = 8, int(os.environ.get("BENCH_CLAIMS", "500"))


def main() -> dict[str, float]:
    """Claim them, and give the figures: milliseconds, and how many items were claimed twice."""
    import django

    django.setup()
    from django.db import connection

    from oversight.accounts.models import Membership, User
    from oversight.audit.actors import Actor
    from oversight.review import services
    from oversight.review.models import Queue

    queue = Queue.objects.get(project__slug="demo")
    claimers = [User.objects.create_user(f"claimer{n}@example.org", name=f"Claimer {n}") for n in range(N_CLAIMERS)]
    Membership.objects.bulk_create(Membership(user=one, project=queue.project, role="reviewer") for one in claimers)
    claimed: list[int] = []
    took_ms: list[float] = []
    barrier = threading.Barrier(N_CLAIMERS)

    def work(user: User) -> None:
        barrier.wait()
        for _ in range(N_EACH):
            began = time.perf_counter()
            assignment = services.claim_next(queue=queue, reviewer=user, actor=Actor.of(user))
            took_ms.append((time.perf_counter() - began) * 1e3)
            if assignment:
                claimed.append(assignment.item_id)
        connection.close()

    threads = [threading.Thread(target=work, args=(user,)) for user in claimers]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took_ms.sort()
    return {
        "n": len(claimed),
        "n_twice": sum(n - 1 for n in Counter(claimed).values()),
        "p50_ms": took_ms[len(took_ms) // 2],
        "p95_ms": took_ms[int(0.95 * len(took_ms))],
        "seconds": time.perf_counter() - began,
    }


if __name__ == "__main__":
    print(json.dumps(main()))
