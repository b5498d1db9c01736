"""table.py FOLDER: prints what the rows recorded: medians per peer, and what must hold with the ratio that was measured.
Exit code 1 when something that must hold does not."""
import os, statistics, sys

folder = sys.argv[1]


def lines(name):
    path = os.path.join(folder, name)
    return [l.rstrip("\n").split("\t") for l in open(path)] if os.path.exists(path) else []


values = {}  # row -> metric -> peer -> {round: value}
for row, peer, turn, metric, value in lines("results.tsv"):
    if value:
        values.setdefault(row, {}).setdefault(metric, {}).setdefault(peer, {})[turn] = float(value)


def number(x):
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.1f}" if abs(x) >= 100 else f"{x:.2f}"


def ratio(metrics, metric, peer, other):
    """The median of the ratios of each round; "best" is the lower of nginx and HAProxy in that round."""
    mine = metrics.get(metric, {}).get(peer, {})
    others = [metrics.get(metric, {}).get(o, {}) for o in (["nginx", "haproxy"] if other == "best" else [other])]
    pairs = [mine[t] / min(o[t] for o in others if t in o) for t in mine if any(o.get(t) for o in others)]
    return statistics.median(pairs) if pairs else None


def judge(row, kind, metric, peer, other, sign, limit):
    metrics, limit = values.get(row, {}), float(limit)
    if kind == "ratio":
        seen, what = ratio(metrics, metric, peer, other), f"{metric}: {peer} / {'the better of nginx and haproxy' if other == 'best' else other}"
    else:
        mine = metrics.get(metric, {}).get(peer, {})
        seen, what = (statistics.median(mine.values()) if metric != "failed" else max(mine.values())) if mine else None, f"{metric}: {peer}"
    if seen is None:
        return f"  not measured  {what} {sign} {limit:g}", True
    holds = seen <= limit if sign == "<=" else seen >= limit
    return f"  {'holds' if holds else 'FAILS'}  {what} = {number(seen)} (must be {sign} {limit:g})", holds


bounds, good = lines("bounds.tsv"), True
for row, title in lines("titles.tsv"):
    metrics = values.get(row, {})
    print(f"\n{title}  [{row}]")
    peers = list(dict.fromkeys(p for m in metrics.values() for p in m))
    print("  " + f"{'':10s}" + "".join(f"{m:>19s}" for m in metrics))
    for peer in peers:
        cells = [number(statistics.median(m[peer].values())) if peer in m else "-" for m in metrics.values()]
        print("  " + f"{peer:10s}" + "".join(f"{c:>19s}" for c in cells))
    for bound in (b for b in bounds if b[0] == row):
        text, holds = judge(*bound)
        good &= holds
        print(text)
sys.exit(not good)
