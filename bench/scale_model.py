#!/usr/bin/env python3
"""How a job's time would go down with more workers, from what one worker was measured to need.

Usage: scale_model.py FILE, whose lines are
  wall WORKERS SECONDS     a whole run
  slice RUN SECONDS        a slice of a run by one worker
  empty SECONDS            a slice without rows
  bytes N                  of the table

The model is list scheduling: whoever is free takes the next slice of the queue. A slice takes the time that its
bytes took one worker, varied as the measured slices varied, and that of a slice without rows on top. Whatever one
worker's run took besides its slices (connect, look at the tables, plan, finish) is paid once, by all. It supposes
that nobody waits for a core, a disk or a lock of the servers, and leaves out that the rest of a slice is cut
while others wait, which would only shorten the end.
"""
import heapq
import statistics
import sys

MIB = 1 << 20
SLICES_PER_READER = 8  # src/jobs/prepare/slice_cut.cpp


def slice_bytes(table_bytes, workers):
    return min(max(table_bytes / (SLICES_PER_READER * workers), MIB), 64 * MIB)


def schedule(times, workers):
    free = [0.0] * workers
    for time in times:
        heapq.heapreplace(free, free[0] + time)
    return max(free)


def read(path):
    found = {"wall": {}, "slice": {}, "empty": [], "bytes": 0.0}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            what, *rest = line.split()
            if what == "wall":
                found["wall"].setdefault(int(rest[0]), []).append(float(rest[1]))
            elif what == "slice" and len(rest) == 2:
                found["slice"].setdefault(rest[0], []).append(float(rest[1]))
            elif what == "empty":
                found["empty"].append(float(rest[0]))
            elif what == "bytes":
                found["bytes"] = float(rest[0])
    return found


def main():
    found = read(sys.argv[1])
    measured = {workers: statistics.median(walls) for workers, walls in found["wall"].items()}
    table, empty = found["bytes"], statistics.median(found["empty"])
    slices = [time for run in found["slice"].values() for time in run]
    mean = statistics.mean(slices)
    count = max(1, round(table / slice_bytes(table, 1)))
    fixed = max(0.0, measured[1] - count * mean)
    rate = (mean - min(empty, mean)) / (table / count)  # seconds a byte, of one worker
    shares = [time / mean for time in slices]

    def model(all_bytes, workers):
        size = slice_bytes(all_bytes, workers)
        times = [size * rate * shares[i % len(shares)] + empty for i in range(max(1, round(all_bytes / size)))]
        return fixed + schedule(times, workers)

    print(f"a slice takes {mean:.3f} s, one without rows {empty * 1000:.1f} ms, all else {fixed:.3f} s")
    print("what          workers   measured s    model s   efficiency of the model")
    for name, factor, known in (("this table", 1, measured), ("100 of it", 100, {})):
        one = model(factor * table, 1)
        for workers in (1, 2, 4, 8, 64):
            seconds = model(factor * table, workers)
            told = f"{known[workers]:12.2f}" if workers in known else " " * 11 + "-"
            print(f"{name:12} {workers:8} {told} {seconds:10.2f} {one / workers / seconds:12.3f}")
    for workers in (8, 64):
        efficiency = model(100 * table, 1) / workers / model(100 * table, workers)
        print(f"efficiency {workers} {efficiency:.3f}")


if __name__ == "__main__":
    main()
